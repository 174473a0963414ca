using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// What a kernel for tensor cores is written in: <see cref="HardwareCore{TFormat}"/> is the instructions themselves,
/// <see cref="EmulatedCore{TFormat}"/> computes the same from plain C#, so that indexing is checked where there is no such GPU.
/// </summary>
internal interface ITensorCore
{
    /// <summary>Quads of float32 that become one <see cref="Word4"/> of operands: 1 for TF32, 2 for halves.</summary>
    static abstract int Quads { get; }

    /// <summary>Whether operands are scaled into range.</summary>
    static abstract bool Scaled { get; }

    /// <summary>Shared memory for <see cref="Multiply"/>, to be asked for once in a kernel; hardware needs none.</summary>
    static abstract ArrayView<uint> Exchange();

    /// <summary><see cref="Quads"/> quads as operands, multiplied by <paramref name="scale"/> if <see cref="Scaled"/>; the second is ignored where one is enough.</summary>
    static abstract Word4 Operands(Float4 first, Float4 second, float scale);

    /// <summary>
    /// Products of 2 times 16 rows by 2 times 8 columns over 8 TF32 numbers or 16 halves, added to four fragments: <paramref name="c10"/>
    /// is that of rows <paramref name="a1"/> and columns b0. Thread (g, q), lane 4 g + q of its warp, gives words q (X, Y) and q + 4 (Z, W) of
    /// rows g (X, Z) and g + 8 (Y, W) of each a, and words q and q + 4 of column g of each b; it gets columns 2 q and 2 q + 1 of rows g
    /// (X, Y) and g + 8 (Z, W). Called by all threads of the group.
    /// </summary>
    static abstract void Multiply(ref Float4 c00, ref Float4 c10, ref Float4 c01, ref Float4 c11, Word4 a0, Word4 a1,
        uint b00, uint b01, uint b10, uint b11, ArrayView<uint> exchange);

    /// <summary>Starts copying 16 bytes to shared memory.</summary>
    static abstract void Copy(ref Word4 shared, ref Word4 global);

    /// <summary>Ends a group of copies, which may be empty.</summary>
    static abstract void Commit();

    /// <summary>Waits for all of this thread's groups of copies but the last.</summary>
    static abstract void Wait();
}

/// <summary>NVIDIA's tensor cores and asynchronous copies, by <see cref="TensorInstructions"/>.</summary>
internal readonly struct HardwareCore<TFormat> : ITensorCore where TFormat : struct, IOperandFormat
{
    public static int Quads => TFormat.Quads;

    public static bool Scaled => TFormat.Scaled;

    public static ArrayView<uint> Exchange() => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Word4 Operands(Float4 first, Float4 second, float scale) => TFormat.Operands(first, second, scale);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(ref Float4 c00, ref Float4 c10, ref Float4 c01, ref Float4 c11, Word4 a0, Word4 a1,
        uint b00, uint b01, uint b10, uint b11, ArrayView<uint> exchange)
    {
        c00 = TFormat.Multiply(c00, a0, b00, b01);
        c10 = TFormat.Multiply(c10, a1, b00, b01);
        c01 = TFormat.Multiply(c01, a0, b10, b11);
        c11 = TFormat.Multiply(c11, a1, b10, b11);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(ref Word4 shared, ref Word4 global) => TensorInstructions.CopyAsync(ref shared, ref global);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Commit() => TensorInstructions.CommitCopies();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Wait() => TensorInstructions.WaitForCopies();
}

/// <summary>
/// The same in plain C#, for groups of up to 128 threads: operands are exchanged through shared memory, copies are made at once.
/// <code>
/// exchange: [thread][a0: X Y Z W, a1: X Y Z W, b00 b01 b10 b11]
/// </code>
/// </summary>
internal readonly struct EmulatedCore<TFormat> : ITensorCore where TFormat : struct, IOperandFormat
{
    const int Words = 12;

    public static int Quads => TFormat.Quads;

    public static bool Scaled => TFormat.Scaled;

    public static ArrayView<uint> Exchange() => SharedMemory.Allocate<uint>(128 * Words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Word4 Operands(Float4 first, Float4 second, float scale) => TFormat.OperandsPortably(first, second, scale);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(ref Float4 c00, ref Float4 c10, ref Float4 c01, ref Float4 c11, Word4 a0, Word4 a1,
        uint b00, uint b01, uint b10, uint b11, ArrayView<uint> exchange)
    {
        int thread = Group.IdxX, own = thread * Words, warp = thread / 32 * 32, g = thread % 32 / 4, q = thread % 4;
        exchange[own] = a0.X; exchange[own + 1] = a0.Y; exchange[own + 2] = a0.Z; exchange[own + 3] = a0.W;
        exchange[own + 4] = a1.X; exchange[own + 5] = a1.Y; exchange[own + 6] = a1.Z; exchange[own + 7] = a1.W;
        exchange[own + 8] = b00; exchange[own + 9] = b01; exchange[own + 10] = b10; exchange[own + 11] = b11;
        Group.Barrier();
        for (int word = 0; word < 8; word++)
        {
            int row = (warp + 4 * g + word % 4) * Words + word / 4 * 2, column = (warp + 8 * q + word % 4) * Words + 8 + word / 4;
            uint left0 = exchange[column], right0 = exchange[column + 4 * Words];
            uint left1 = exchange[column + 2], right1 = exchange[column + 4 * Words + 2];
            Add(ref c00, exchange[row], exchange[row + 1], left0, right0);
            Add(ref c10, exchange[row + 4], exchange[row + 5], left0, right0);
            Add(ref c01, exchange[row], exchange[row + 1], left1, right1);
            Add(ref c11, exchange[row + 4], exchange[row + 5], left1, right1);
        }
        Group.Barrier();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(ref Word4 shared, ref Word4 global) => shared = global;

    public static void Commit() { }

    public static void Wait() { }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Add(ref Float4 c, uint low, uint high, uint left, uint right)
    {
        c.X += TFormat.Product(low, left);
        c.Y += TFormat.Product(low, right);
        c.Z += TFormat.Product(high, left);
        c.W += TFormat.Product(high, right);
    }
}
