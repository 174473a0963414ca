using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuStyle.CudaEmulator;

/// <summary>A register of a warp is a row of 32 lanes; a row of T is sizeof(T) vectors.</summary>
internal static unsafe class Rows
{
    public const int Lanes = 32;

    /// <summary>All lanes active.</summary>
    public const uint All = uint.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load<T>(T* row, int index) where T : unmanaged => Vector256.Load(row + index * Vector256<T>.Count);

    /// <summary>Stores one vector of a row in the lanes that are active.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Vector256<T> value, T* row, int index, uint active) where T : unmanaged
    {
        T* to = row + index * Vector256<T>.Count;
        if (active != All) value = Vector256.ConditionalSelect(Mask<T>(active, index), value, Vector256.Load(to));
        value.Store(to);
    }

    /// <summary>One vector of a row of masks: all bits of a lane where its bit of <paramref name="bits"/> is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Mask<T>(uint bits, int index) where T : unmanaged
    {
        if (sizeof(T) == sizeof(long))
        {
            var wide = Vector256.Create(1L, 2, 4, 8);
            return Vector256.Equals(Vector256.Create((long)(bits >> 4 * index)) & wide, wide).As<long, T>();
        }
        var narrow = Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128);
        return Vector256.Equals(Vector256.Create((int)(bits >> 8 * index)) & narrow, narrow).As<int, T>();
    }

    /// <summary>Gives each active lane of a row the same value.</summary>
    public static void Fill<T>(T* row, T value, uint active) where T : unmanaged
    {
        for (int i = 0; i < sizeof(T); i++) Store(Vector256.Create(value), row, i, active);
    }
}
