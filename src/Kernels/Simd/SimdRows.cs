using System.Numerics;

namespace GpuStyle.Kernels;

/// <summary>Arithmetic of rows of floats that lie one after the other.</summary>
internal static unsafe class SimdRows
{
    /// <summary>x . y: products in float32, one sum for each place of a vector; these sums and the rest are added in the end.</summary>
    public static double Product(float* x, float* y, int length)
    {
        var sum = Vector<float>.Zero;
        int i = 0;
        for (; i <= length - Vector<float>.Count; i += Vector<float>.Count)
            sum = Vector.FusedMultiplyAdd(Vector.Load(x + i), Vector.Load(y + i), sum);
        double total = Vector.Sum(sum);
        for (; i < length; i++) total += x[i] * y[i];
        return total;
    }

    /// <summary>y += factor x.</summary>
    public static void AddScaled(float* x, float factor, float* y, int length)
    {
        int i = 0;
        for (; i <= length - Vector<float>.Count; i += Vector<float>.Count)
            Vector.FusedMultiplyAdd(new Vector<float>(factor), Vector.Load(x + i), Vector.Load(y + i)).Store(y + i);
        for (; i < length; i++) y[i] += factor * x[i];
    }
}
