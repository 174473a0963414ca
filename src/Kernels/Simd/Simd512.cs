using System.Runtime.Intrinsics;

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
}
