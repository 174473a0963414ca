using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// A convolution whose output is a picture, [C/16][H+2][W+2][16] to a few planes: too few output channels for the
/// micro-kernel's columns, so vectors run over the sixteen input channels and are summed across at the end. Four pixels
/// times three outputs a tile.
/// </summary>
internal static unsafe class NarrowKernel
{
    public const int Rows = 4, Columns = 3;

    /// <summary>sums[r * 3 + o] = sum over segments s and lanes c of a[segments[s] + 16 r + c] b[s][o][c]</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVector>(float* a, nint* segments, int count, float* b, float* sums)
        where TVector : struct, ISimd<TVector>
    {
        const int Lanes = SimdTensor.BlockChannels;
        TVector p0 = TVector.Zero, p1 = TVector.Zero, p2 = TVector.Zero, q0 = TVector.Zero, q1 = TVector.Zero, q2 = TVector.Zero;
        TVector r0 = TVector.Zero, r1 = TVector.Zero, r2 = TVector.Zero, s0 = TVector.Zero, s1 = TVector.Zero, s2 = TVector.Zero;
        for (nint* end = segments + count; segments != end; segments++, b += Columns * Lanes)
        {
            float* x = a + *segments;
            for (int lane = 0; lane < Lanes; lane += TVector.Count)
            {
                TVector w0 = TVector.Load(b + lane), w1 = TVector.Load(b + Lanes + lane), w2 = TVector.Load(b + 2 * Lanes + lane);
                var v = TVector.Load(x + lane);
                (p0, p1, p2) = (TVector.MultiplyAdd(v, w0, p0), TVector.MultiplyAdd(v, w1, p1), TVector.MultiplyAdd(v, w2, p2));
                v = TVector.Load(x + Lanes + lane);
                (q0, q1, q2) = (TVector.MultiplyAdd(v, w0, q0), TVector.MultiplyAdd(v, w1, q1), TVector.MultiplyAdd(v, w2, q2));
                v = TVector.Load(x + 2 * Lanes + lane);
                (r0, r1, r2) = (TVector.MultiplyAdd(v, w0, r0), TVector.MultiplyAdd(v, w1, r1), TVector.MultiplyAdd(v, w2, r2));
                v = TVector.Load(x + 3 * Lanes + lane);
                (s0, s1, s2) = (TVector.MultiplyAdd(v, w0, s0), TVector.MultiplyAdd(v, w1, s1), TVector.MultiplyAdd(v, w2, s2));
            }
        }
        (sums[0], sums[1], sums[2]) = (TVector.Sum(p0), TVector.Sum(p1), TVector.Sum(p2));
        (sums[3], sums[4], sums[5]) = (TVector.Sum(q0), TVector.Sum(q1), TVector.Sum(q2));
        (sums[6], sums[7], sums[8]) = (TVector.Sum(r0), TVector.Sum(r1), TVector.Sum(r2));
        (sums[9], sums[10], sums[11]) = (TVector.Sum(s0), TVector.Sum(s1), TVector.Sum(s2));
    }
}

/// <summary>
/// The driver of the narrow kernel: an item is one row of one panel of outputs. Output planes are overwritten, or added to;
/// then comes bias and ReLU (<c>bias</c> given) or the mask (<c>activation</c> given).
/// </summary>
internal readonly unsafe struct NarrowJob<TVector>(float* input, nint* segments, int segmentCount, nint inputRowFloats, float* weights, int panelFloats,
    float* output, Shape shape, float* bias, float* activation, bool accumulate) : IJob
    where TVector : struct, ISimd<TVector>
{
    public void Execute(int item, int worker)
    {
        int panel = item / shape.Height, y = item % shape.Height;
        float* sums = stackalloc float[NarrowKernel.Rows * NarrowKernel.Columns];
        int columns = Math.Min(NarrowKernel.Columns, shape.Channels - panel * NarrowKernel.Columns);
        for (int x = 0; x < shape.Width; x += NarrowKernel.Rows)
        {
            NarrowKernel.Run<TVector>(input + y * inputRowFloats + x * SimdTensor.BlockChannels, segments, segmentCount, weights + panel * panelFloats, sums);
            int count = Math.Min(NarrowKernel.Rows, shape.Width - x);
            for (int o = 0; o < columns; o++)
            {
                int channel = panel * NarrowKernel.Columns + o;
                nint at = ((nint)channel * shape.Height + y) * shape.Width + x;
                for (int r = 0; r < count; r++) output[at + r] = Finish(sums[r * NarrowKernel.Columns + o], channel, at + r);
            }
        }
    }

    float Finish(float sum, int channel, nint at)
    {
        if (bias is not null) return Math.Max(0, sum + bias[channel]);
        if (accumulate) sum += output[at];
        return activation is not null && !(activation[at] > 0) ? 0 : sum;
    }
}
