using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuStyle.CudaEmulator;

internal readonly struct Add<T> : IBinary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a + b;
}

internal readonly struct Subtract<T> : IBinary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a - b;
}

internal readonly struct Multiply<T> : IBinary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a * b;
}

internal readonly struct Divide<T> : IBinary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a / b;
}

internal readonly struct Least<T> : IBinary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.Min(a, b);
}

internal readonly struct Greatest<T> : IBinary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.Max(a, b);
}

internal readonly struct And<T> : IBinary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a & b;
}

internal readonly struct Or<T> : IBinary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a | b;
}

internal readonly struct Xor<T> : IBinary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => a ^ b;
}

internal readonly struct Copy<T> : IUnary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a) => a;
}

internal readonly struct Negate<T> : IUnary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a) => -a;
}

internal readonly struct Magnitude<T> : IUnary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a) => Vector256.Abs(a);
}

internal readonly struct Root<T> : IUnary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a) => Vector256.Sqrt(a);
}

internal readonly struct Reciprocal<T> : IUnary<T> where T : unmanaged, INumber<T>
{
    public static Vector256<T> Of(Vector256<T> a) => Vector256.Create(T.One) / a;
}

internal readonly struct Equal<T> : IBinary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, b);
}

internal readonly struct Less<T> : IBinary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.LessThan(a, b);
}

internal readonly struct LessOrEqual<T> : IBinary<T> where T : unmanaged
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => Vector256.LessThanOrEqual(a, b);
}

/// <summary>An operation with its operands the other way round: a &gt; b is b &lt; a.</summary>
internal readonly struct Swapped<T, TOperation> : IBinary<T> where T : unmanaged where TOperation : struct, IBinary<T>
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => TOperation.Of(b, a);
}

/// <summary>The opposite of a comparison; of one that is false for NaNs it is true for NaNs.</summary>
internal readonly struct Not<T, TOperation> : IBinary<T> where T : unmanaged where TOperation : struct, IBinary<T>
{
    public static Vector256<T> Of(Vector256<T> a, Vector256<T> b) => ~TOperation.Of(a, b);
}

/// <summary>
/// PTX ISA, Floating-Point Instructions: a NaN that a single precision instruction makes is 0x7fffffff, whatever NaN went in.
/// </summary>
internal readonly struct Canonical<TOperation> : IBinary<float> where TOperation : struct, IBinary<float>
{
    public static Vector256<float> Of(Vector256<float> a, Vector256<float> b) => CanonicalNaN.In(TOperation.Of(a, b));
}

/// <inheritdoc cref="Canonical{TOperation}"/>
internal readonly struct CanonicalUnary<TOperation> : IUnary<float> where TOperation : struct, IUnary<float>
{
    public static Vector256<float> Of(Vector256<float> a) => CanonicalNaN.In(TOperation.Of(a));
}

/// <summary>The NaN of single precision instructions.</summary>
internal static class CanonicalNaN
{
    public const uint Bits = 0x7fffffff;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> In(Vector256<float> values) =>
        Vector256.ConditionalSelect(Vector256.Equals(values, values), values, Vector256.Create(Bits).AsSingle());

    public static float In(float value) => float.IsNaN(value) ? BitConverter.UInt32BitsToSingle(Bits) : value;
}
