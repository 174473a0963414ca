using System.Runtime.Intrinsics;

namespace GpuStyle.Kernels;

/// <summary>Eight floats: AVX2.</summary>
internal readonly unsafe struct Simd256(Vector256<float> value) : ISimd<Simd256>
{
    readonly Vector256<float> value = value;

    public Vector256<float> Vector => value;

    public static int Count => 8;

    public static bool ManyRegisters => false;

    public static Simd256 Zero => new(Vector256<float>.Zero);

    public static Simd256 Load(float* from) => new(Vector256.Load(from));

    public static void Store(Simd256 x, float* to) => x.value.Store(to);

    public static void StoreNonTemporal(Simd256 x, float* to) => x.value.StoreAlignedNonTemporal(to);

    public static Simd256 Broadcast(float* from) => new(Vector256.Create(*from));

    public static Simd256 Create(float value) => new(Vector256.Create(value));

    public static Simd256 MultiplyAdd(Simd256 a, Simd256 b, Simd256 c) => new(Vector256.MultiplyAddEstimate(a.value, b.value, c.value));

    public static Simd256 Add(Simd256 a, Simd256 b) => new(a.value + b.value);

    public static Simd256 Subtract(Simd256 a, Simd256 b) => new(a.value - b.value);

    public static Simd256 Multiply(Simd256 a, Simd256 b) => new(a.value * b.value);

    public static Simd256 Max(Simd256 a, Simd256 b) => new(Vector256.MaxNative(a.value, b.value));

    public static Simd256 WherePositive(Simd256 mask, Simd256 x) => new(Vector256.GreaterThan(mask.value, Vector256<float>.Zero) & x.value);

    public static uint Positive(Simd256 x) => Vector256.GreaterThan(x.value, Vector256<float>.Zero).ExtractMostSignificantBits();

    public static Simd256 Where(uint* bits, int first, Simd256 x)
    {
        var lanes = Vector256.Create(1u, 2, 4, 8, 16, 32, 64, 128);
        return new(Vector256.ConditionalSelect(Vector256.Equals(Vector256.Create(*bits >> first) & lanes, Vector256<uint>.Zero).AsSingle(), Vector256<float>.Zero, x.value));
    }

    public static Vector128<float> Fold(Simd256 x) => x.value.GetLower() + x.value.GetUpper();
}
