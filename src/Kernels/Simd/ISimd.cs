using System.Runtime.Intrinsics;

namespace GpuStyle.Kernels;

/// <summary>
/// A vector of floats of one width: the micro-kernels are written once against this interface, and the JIT compiler makes
/// code of its own for each of the three structs behind it.
/// </summary>
internal unsafe interface ISimd<TSelf>
    where TSelf : struct, ISimd<TSelf>
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Whether thirty-two registers are there, not sixteen.</summary>
    static abstract bool ManyRegisters { get; }

    static abstract TSelf Zero { get; }

    static abstract TSelf Load(float* from);

    static abstract void Store(TSelf x, float* to);

    /// <summary>Stores past the caches, to a place aligned to the vector's size: for what is not read again soon.</summary>
    static abstract void StoreNonTemporal(TSelf x, float* to);

    /// <summary>One float in every place.</summary>
    static abstract TSelf Broadcast(float* from);

    /// <summary>A constant in every place.</summary>
    static abstract TSelf Create(float value);

    /// <summary>a b + c, rounded once where the processor can.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    static abstract TSelf Add(TSelf a, TSelf b);

    static abstract TSelf Subtract(TSelf a, TSelf b);

    static abstract TSelf Multiply(TSelf a, TSelf b);

    /// <summary>The larger, and b where b is not a number.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    /// <summary>x where the mask is positive, else 0.</summary>
    static abstract TSelf WherePositive(TSelf mask, TSelf x);

    /// <summary>Which lanes are positive: bit i stands for lane i.</summary>
    static abstract uint Positive(TSelf x);

    /// <summary>x where the lane's bit is set, else 0. Lane 0 has bit <paramref name="first"/> of the 32 at <paramref name="bits"/>.</summary>
    static abstract TSelf Where(uint* bits, int first, TSelf x);

    /// <summary>The sum of the vector's parts of 128 bits.</summary>
    static abstract Vector128<float> Fold(TSelf x);
}
