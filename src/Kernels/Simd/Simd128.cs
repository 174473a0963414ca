using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

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
}
