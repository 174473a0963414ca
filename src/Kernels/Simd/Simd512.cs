using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuStyle.Kernels;

/// <summary>Sixteen floats: AVX-512.</summary>
internal readonly unsafe struct Simd512(Vector512<float> value) : ISimd<Simd512>
{
    readonly Vector512<float> value = value;

    public static int Count => 16;

    public static bool ManyRegisters => true;

    public static Simd512 Zero => new(Vector512<float>.Zero);

    public static Simd512 Load(float* from) => new(Vector512.Load(from));

    public static void Store(Simd512 x, float* to) => x.value.Store(to);

    public static void StoreNonTemporal(Simd512 x, float* to) => x.value.StoreAlignedNonTemporal(to);

    public static Simd512 Broadcast(float* from) => new(Vector512.Create(*from));

    public static Simd512 Create(float value) => new(Vector512.Create(value));

    public static Simd512 MultiplyAdd(Simd512 a, Simd512 b, Simd512 c) => new(Vector512.MultiplyAddEstimate(a.value, b.value, c.value));

    public static Simd512 Add(Simd512 a, Simd512 b) => new(a.value + b.value);

    public static Simd512 Subtract(Simd512 a, Simd512 b) => new(a.value - b.value);

    public static Simd512 Multiply(Simd512 a, Simd512 b) => new(a.value * b.value);

    public static Simd512 Max(Simd512 a, Simd512 b) => new(Vector512.MaxNative(a.value, b.value));

    public static Simd512 WherePositive(Simd512 mask, Simd512 x) => new(Vector512.GreaterThan(mask.value, Vector512<float>.Zero) & x.value);

    public static uint Positive(Simd512 x) => (uint)Vector512.GreaterThan(x.value, Vector512<float>.Zero).ExtractMostSignificantBits();

    public static Simd512 Where(uint* bits, int first, Simd512 x)
    {
        var lanes = Vector512.Create(1u, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768);
        return new(Vector512.ConditionalSelect(Vector512.Equals(Vector512.Create(*bits) & lanes, Vector512<uint>.Zero).AsSingle(), Vector512<float>.Zero, x.value));
    }

    public static Vector128<float> Fold(Simd512 x) => Simd256.Fold(new(x.value.GetLower() + x.value.GetUpper()));

    public static Simd512 AddPairs(Simd512 a, Simd512 b, Simd512 sum) => Avx512BW.IsSupported
        ? new((sum.value.AsInt32() + Avx512BW.MultiplyAddAdjacent(a.value.AsInt16(), b.value.AsInt16())).AsSingle())
        : Both(Simd256.AddPairs(Low(a), Low(b), Low(sum)), Simd256.AddPairs(High(a), High(b), High(sum)));

    public static Simd512 FromIntegers(Simd512 x) => new(Vector512.ConvertToSingle(x.value.AsInt32()));

    public static Simd512 ToPairs(Simd512 low, Simd512 high) => Avx512F.IsSupported
        ? new(((Avx512F.ConvertToVector512Int32(high.value) << 16) | (Avx512F.ConvertToVector512Int32(low.value) & Vector512.Create(0xFFFF))).AsSingle())
        : Both(Simd256.ToPairs(Low(low), Low(high)), Simd256.ToPairs(High(low), High(high)));

    public static void StoreInt16(float* from, Simd512 factor, short* to)
    {
        if (Avx512F.IsSupported) Avx512F.ConvertToVector256Int16WithSaturation(Avx512F.ConvertToVector512Int32(Vector512.Load(from) * factor.value)).Store(to);
        else Simd256.StoreInt16(from, Low(factor), to);
    }

    public static Simd512 MaxMagnitude(Simd512 a, Simd512 b) => new(Vector512.Max(Vector512.Abs(a.value).AsInt32(), b.value.AsInt32()).AsSingle());

    public static Vector128<float> FoldMax(Simd512 x) => Simd256.FoldMax(new(Vector256.Max(x.value.GetLower().AsInt32(), x.value.GetUpper().AsInt32()).AsSingle()));

    static Simd256 Low(Simd512 x) => new(x.value.GetLower());

    static Simd256 High(Simd512 x) => new(x.value.GetUpper());

    static Simd512 Both(Simd256 low, Simd256 high) => new(Vector512.Create(low.Vector, high.Vector));
}
