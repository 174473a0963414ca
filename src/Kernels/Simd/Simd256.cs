using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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

    public static Simd256 AddPairs(Simd256 a, Simd256 b, Simd256 sum) => Avx2.IsSupported
        ? new((sum.value.AsInt32() + Avx2.MultiplyAddAdjacent(a.value.AsInt16(), b.value.AsInt16())).AsSingle())
        : Both(Simd128.AddPairs(Low(a), Low(b), Low(sum)), Simd128.AddPairs(High(a), High(b), High(sum)));

    public static Simd256 FromIntegers(Simd256 x) => new(Vector256.ConvertToSingle(x.value.AsInt32()));

    public static Simd256 ToPairs(Simd256 low, Simd256 high) => Avx2.IsSupported
        ? new(((Avx.ConvertToVector256Int32(high.value) << 16) | (Avx.ConvertToVector256Int32(low.value) & Vector256.Create(0xFFFF))).AsSingle())
        : Both(Simd128.ToPairs(Low(low), Low(high)), Simd128.ToPairs(High(low), High(high)));

    public static void StoreInt16(float* from, Simd256 factor, short* to)
    {
        if (Avx2.IsSupported)
        {
            var first = Avx.ConvertToVector256Int32(Vector256.Load(from) * factor.value);
            var second = Avx.ConvertToVector256Int32(Vector256.Load(from + 8) * factor.value);
            // Packing interleaves the two vectors' halves.
            Avx2.Permute4x64(Avx2.PackSignedSaturate(first, second).AsInt64(), 0b11_01_10_00).AsInt16().Store(to);
        }
        else Simd128.StoreInt16(from, Low(factor), to);
    }

    public static Simd256 MaxMagnitude(Simd256 a, Simd256 b) => new(Vector256.Max(Vector256.Abs(a.value).AsInt32(), b.value.AsInt32()).AsSingle());

    public static Vector128<float> FoldMax(Simd256 x) => Vector128.Max(x.value.GetLower().AsInt32(), x.value.GetUpper().AsInt32()).AsSingle();

    static Simd128 Low(Simd256 x) => new(x.value.GetLower());

    static Simd128 High(Simd256 x) => new(x.value.GetUpper());

    static Simd256 Both(Simd128 low, Simd128 high) => new(Vector256.Create(low.Vector, high.Vector));
}
