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
    /// Products of 16 rows by 4 times 8 columns over 8 TF32 numbers or 16 halves, added to c0 to c3. Thread (g, q), lane 4 g + q of its
    /// warp, gives words q and q + 4 of rows g (a0, a2) and g + 8 (a1, a3), and words q and q + 4 of column g of each b; it gets
    /// columns 2 q and 2 q + 1 of rows g (X, Y) and g + 8 (Z, W). Called by all threads of the group.
    /// </summary>
    static abstract void Multiply(ref Float4 c0, ref Float4 c1, ref Float4 c2, ref Float4 c3, uint a0, uint a1, uint a2, uint a3,
        uint b00, uint b01, uint b10, uint b11, uint b20, uint b21, uint b30, uint b31, ArrayView<uint> exchange);

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
    public static void Multiply(ref Float4 c0, ref Float4 c1, ref Float4 c2, ref Float4 c3, uint a0, uint a1, uint a2, uint a3,
        uint b00, uint b01, uint b10, uint b11, uint b20, uint b21, uint b30, uint b31, ArrayView<uint> exchange)
    {
        c0 = TFormat.Multiply(c0, a0, a1, a2, a3, b00, b01);
        c1 = TFormat.Multiply(c1, a0, a1, a2, a3, b10, b11);
        c2 = TFormat.Multiply(c2, a0, a1, a2, a3, b20, b21);
        c3 = TFormat.Multiply(c3, a0, a1, a2, a3, b30, b31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy(ref Word4 shared, ref Word4 global) => TensorInstructions.CopyAsync(ref shared, ref global);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Commit() => TensorInstructions.CommitCopies();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Wait() => TensorInstructions.WaitForCopies();
}

/// <summary>
/// The same in plain C#, for groups of up to 256 threads: operands are exchanged through shared memory, copies are made at once.
/// <code>
/// exchange: [thread][a0 a1 a2 a3 b00 b01 b10 b11 b20 b21 b30 b31]
/// </code>
/// </summary>
internal readonly struct EmulatedCore<TFormat> : ITensorCore where TFormat : struct, IOperandFormat
{
    const int Words = 12;

    public static int Quads => TFormat.Quads;

    public static bool Scaled => TFormat.Scaled;

    public static ArrayView<uint> Exchange() => SharedMemory.Allocate<uint>(256 * Words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Word4 Operands(Float4 first, Float4 second, float scale) => TFormat.OperandsPortably(first, second, scale);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(ref Float4 c0, ref Float4 c1, ref Float4 c2, ref Float4 c3, uint a0, uint a1, uint a2, uint a3,
        uint b00, uint b01, uint b10, uint b11, uint b20, uint b21, uint b30, uint b31, ArrayView<uint> exchange)
    {
        int thread = Group.IdxX, own = thread * Words, warp = thread / 32 * 32, g = thread % 32 / 4, q = thread % 4;
        exchange[own] = a0; exchange[own + 1] = a1; exchange[own + 2] = a2; exchange[own + 3] = a3;
        exchange[own + 4] = b00; exchange[own + 5] = b01; exchange[own + 6] = b10; exchange[own + 7] = b11;
        exchange[own + 8] = b20; exchange[own + 9] = b21; exchange[own + 10] = b30; exchange[own + 11] = b31;
        Group.Barrier();
        for (int word = 0; word < 8; word++)
        {
            int row = (warp + 4 * g + word % 4) * Words + word / 4 * 2, column = (warp + 8 * q + word % 4) * Words + 4 + word / 4;
            uint low = exchange[row], high = exchange[row + 1];
            Add(ref c0, low, high, exchange[column], exchange[column + 4 * Words]);
            Add(ref c1, low, high, exchange[column + 2], exchange[column + 4 * Words + 2]);
            Add(ref c2, low, high, exchange[column + 4], exchange[column + 4 * Words + 4]);
            Add(ref c3, low, high, exchange[column + 6], exchange[column + 4 * Words + 6]);
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
