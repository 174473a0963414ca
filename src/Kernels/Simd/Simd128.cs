using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace GpuStyle.Kernels;

/// <summary>Four floats: SSE and NEON.</summary>
internal readonly unsafe struct Simd128(Vector128<float> value) : ISimd<Simd128>
{
    readonly Vector128<float> value = value;

    public Vector128<float> Vector => value;

    public static int Count => 4;

    public static bool ManyRegisters => AdvSimd.IsSupported;

    public static Simd128 Zero => new(Vector128<float>.Zero);

    public static Simd128 Load(float* from) => new(Vector128.Load(from));

    public static void Store(Simd128 x, float* to) => x.value.Store(to);

    public static void StoreNonTemporal(Simd128 x, float* to) => x.value.StoreAlignedNonTemporal(to);

    public static Simd128 Broadcast(float* from) => new(Vector128.Create(*from));

    public static Simd128 Create(float value) => new(Vector128.Create(value));

    public static Simd128 MultiplyAdd(Simd128 a, Simd128 b, Simd128 c) => new(Vector128.MultiplyAddEstimate(a.value, b.value, c.value));

    public static Simd128 Add(Simd128 a, Simd128 b) => new(a.value + b.value);

    public static Simd128 Subtract(Simd128 a, Simd128 b) => new(a.value - b.value);

    public static Simd128 Multiply(Simd128 a, Simd128 b) => new(a.value * b.value);

    public static Simd128 Max(Simd128 a, Simd128 b) => new(Vector128.MaxNative(a.value, b.value));

    public static Simd128 WherePositive(Simd128 mask, Simd128 x) => new(Vector128.GreaterThan(mask.value, Vector128<float>.Zero) & x.value);

    public static uint Positive(Simd128 x) => Vector128.GreaterThan(x.value, Vector128<float>.Zero).ExtractMostSignificantBits();

    public static Simd128 Where(uint* bits, int first, Simd128 x)
    {
        var lanes = Vector128.Create(1u, 2, 4, 8);
        return new(Vector128.ConditionalSelect(Vector128.Equals(Vector128.Create(*bits >> first) & lanes, Vector128<uint>.Zero).AsSingle(), Vector128<float>.Zero, x.value));
    }

    public static Vector128<float> Fold(Simd128 x) => x.value;

    public static Simd128 AddPairs(Simd128 a, Simd128 b, Simd128 sum) => new((sum.value.AsInt32() + Sse2.MultiplyAddAdjacent(a.value.AsInt16(), b.value.AsInt16())).AsSingle());

    public static Simd128 FromIntegers(Simd128 x) => new(Vector128.ConvertToSingle(x.value.AsInt32()));

    public static Simd128 ToPairs(Simd128 low, Simd128 high) =>
        new(((Sse2.ConvertToVector128Int32(high.value) << 16) | (Sse2.ConvertToVector128Int32(low.value) & Vector128.Create(0xFFFF))).AsSingle());

    public static void StoreInt16(float* from, Simd128 factor, short* to)
    {
        for (int i = 0; i < 2; i++, from += 8, to += 8)
            Sse2.PackSignedSaturate(Sse2.ConvertToVector128Int32(Vector128.Load(from) * factor.value), Sse2.ConvertToVector128Int32(Vector128.Load(from + 4) * factor.value)).Store(to);
    }

    public static Simd128 MaxMagnitude(Simd128 a, Simd128 b) => new(Vector128.Max(Vector128.Abs(a.value).AsInt32(), b.value.AsInt32()).AsSingle());

    public static Vector128<float> FoldMax(Simd128 x) => x.value;
}
