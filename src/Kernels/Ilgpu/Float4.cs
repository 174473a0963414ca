using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// Four floats that are loaded and stored as one. A struct of our own because ILGPU 1.5.3 compiles neither
/// System.Numerics.Vector4 nor inline arrays; it becomes a 128-bit access on every device.
/// </summary>
internal struct Float4
{
    public float X, Y, Z, W;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddScaled(ref Float4 sum, float factor, Float4 v)
    {
        sum.X += factor * v.X;
        sum.Y += factor * v.Y;
        sum.Z += factor * v.Z;
        sum.W += factor * v.W;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref Float4 sum, Float4 v)
    {
        sum.X += v.X;
        sum.Y += v.Y;
        sum.Z += v.Z;
        sum.W += v.W;
    }

    /// <summary>Negative values become 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Relu(ref Float4 v)
    {
        v.X = v.X > 0 ? v.X : 0;
        v.Y = v.Y > 0 ? v.Y : 0;
        v.Z = v.Z > 0 ? v.Z : 0;
        v.W = v.W > 0 ? v.W : 0;
    }

    /// <summary>Values become 0 wherever <paramref name="mask"/> is not positive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Mask(ref Float4 v, Float4 mask)
    {
        v.X = mask.X > 0 ? v.X : 0;
        v.Y = mask.Y > 0 ? v.Y : 0;
        v.Z = mask.Z > 0 ? v.Z : 0;
        v.W = mask.W > 0 ? v.W : 0;
    }
}
