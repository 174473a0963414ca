using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace GpuStyle.Kernels;

/// <summary>
/// A convolution whose output is a picture, [C/16][H+2][W+2][16] to a few planes: too few output channels for the
/// micro-kernel's columns, so vectors run over the sixteen input channels and are summed across at the end. Eight or
/// four pixels times three outputs a tile.
/// </summary>
internal static unsafe class NarrowKernel<TVector>
    where TVector : struct, ISimd<TVector>
{
    const int Lanes = SimdTensor.BlockChannels, Columns = SimdWeights.NarrowColumns;

    public static int Rows => TVector.ManyRegisters ? 8 : 4;

    /// <summary>sums[o Rows + r] = sum over segments s and lanes c of a[segments[s] + 16 r + c] b[s][o][c]</summary>
    public static void Run(float* a, nint* segments, int count, float* b, float* sums)
    {
        if (TVector.ManyRegisters) Rows8(a, segments, count, b, sums);
        else Rows4(a, segments, count, b, sums);
    }

    static Vector128<float> Sum(TVector a, TVector b, TVector c, TVector d) =>
        Pairs(Pairs(TVector.Fold(a), TVector.Fold(b)), Pairs(TVector.Fold(c), TVector.Fold(d)));

    /// <summary>a0 + a1, a2 + a3, b0 + b1, b2 + b3</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<float> Pairs(Vector128<float> a, Vector128<float> b) =>
        Sse3.IsSupported ? Sse3.HorizontalAdd(a, b)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.AddPairwise(a, b)
        : Vector128.Create(a[0] + a[1], a[2] + a[3], b[0] + b[1], b[2] + b[3]);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rows8(float* a, nint* segments, int count, float* b, float* sums)
    {
        TVector a0 = TVector.Zero, b0 = TVector.Zero, c0 = TVector.Zero;
        TVector a1 = TVector.Zero, b1 = TVector.Zero, c1 = TVector.Zero;
        TVector a2 = TVector.Zero, b2 = TVector.Zero, c2 = TVector.Zero;
        TVector a3 = TVector.Zero, b3 = TVector.Zero, c3 = TVector.Zero;
        TVector a4 = TVector.Zero, b4 = TVector.Zero, c4 = TVector.Zero;
        TVector a5 = TVector.Zero, b5 = TVector.Zero, c5 = TVector.Zero;
        TVector a6 = TVector.Zero, b6 = TVector.Zero, c6 = TVector.Zero;
        TVector a7 = TVector.Zero, b7 = TVector.Zero, c7 = TVector.Zero;
        for (nint* end = segments + count; segments != end; segments++, b += Columns * Lanes)
        {
            float* x = a + *segments;
            for (int lane = 0; lane < Lanes; lane += TVector.Count)
            {
                TVector w0 = TVector.Load(b + lane), w1 = TVector.Load(b + Lanes + lane), w2 = TVector.Load(b + 2 * Lanes + lane), v;
                v = TVector.Load(x + 0 * Lanes + lane); a0 = TVector.MultiplyAdd(v, w0, a0); b0 = TVector.MultiplyAdd(v, w1, b0); c0 = TVector.MultiplyAdd(v, w2, c0);
                v = TVector.Load(x + 1 * Lanes + lane); a1 = TVector.MultiplyAdd(v, w0, a1); b1 = TVector.MultiplyAdd(v, w1, b1); c1 = TVector.MultiplyAdd(v, w2, c1);
                v = TVector.Load(x + 2 * Lanes + lane); a2 = TVector.MultiplyAdd(v, w0, a2); b2 = TVector.MultiplyAdd(v, w1, b2); c2 = TVector.MultiplyAdd(v, w2, c2);
                v = TVector.Load(x + 3 * Lanes + lane); a3 = TVector.MultiplyAdd(v, w0, a3); b3 = TVector.MultiplyAdd(v, w1, b3); c3 = TVector.MultiplyAdd(v, w2, c3);
                v = TVector.Load(x + 4 * Lanes + lane); a4 = TVector.MultiplyAdd(v, w0, a4); b4 = TVector.MultiplyAdd(v, w1, b4); c4 = TVector.MultiplyAdd(v, w2, c4);
                v = TVector.Load(x + 5 * Lanes + lane); a5 = TVector.MultiplyAdd(v, w0, a5); b5 = TVector.MultiplyAdd(v, w1, b5); c5 = TVector.MultiplyAdd(v, w2, c5);
                v = TVector.Load(x + 6 * Lanes + lane); a6 = TVector.MultiplyAdd(v, w0, a6); b6 = TVector.MultiplyAdd(v, w1, b6); c6 = TVector.MultiplyAdd(v, w2, c6);
                v = TVector.Load(x + 7 * Lanes + lane); a7 = TVector.MultiplyAdd(v, w0, a7); b7 = TVector.MultiplyAdd(v, w1, b7); c7 = TVector.MultiplyAdd(v, w2, c7);
            }
        }
        Sum(a0, a1, a2, a3).Store(sums);
        Sum(a4, a5, a6, a7).Store(sums + 4);
        Sum(b0, b1, b2, b3).Store(sums + 8);
        Sum(b4, b5, b6, b7).Store(sums + 12);
        Sum(c0, c1, c2, c3).Store(sums + 16);
        Sum(c4, c5, c6, c7).Store(sums + 20);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rows4(float* a, nint* segments, int count, float* b, float* sums)
    {
        TVector a0 = TVector.Zero, b0 = TVector.Zero, c0 = TVector.Zero;
        TVector a1 = TVector.Zero, b1 = TVector.Zero, c1 = TVector.Zero;
        TVector a2 = TVector.Zero, b2 = TVector.Zero, c2 = TVector.Zero;
        TVector a3 = TVector.Zero, b3 = TVector.Zero, c3 = TVector.Zero;
        for (nint* end = segments + count; segments != end; segments++, b += Columns * Lanes)
        {
            float* x = a + *segments;
            for (int lane = 0; lane < Lanes; lane += TVector.Count)
            {
                TVector w0 = TVector.Load(b + lane), w1 = TVector.Load(b + Lanes + lane), w2 = TVector.Load(b + 2 * Lanes + lane), v;
                v = TVector.Load(x + 0 * Lanes + lane); a0 = TVector.MultiplyAdd(v, w0, a0); b0 = TVector.MultiplyAdd(v, w1, b0); c0 = TVector.MultiplyAdd(v, w2, c0);
                v = TVector.Load(x + 1 * Lanes + lane); a1 = TVector.MultiplyAdd(v, w0, a1); b1 = TVector.MultiplyAdd(v, w1, b1); c1 = TVector.MultiplyAdd(v, w2, c1);
                v = TVector.Load(x + 2 * Lanes + lane); a2 = TVector.MultiplyAdd(v, w0, a2); b2 = TVector.MultiplyAdd(v, w1, b2); c2 = TVector.MultiplyAdd(v, w2, c2);
                v = TVector.Load(x + 3 * Lanes + lane); a3 = TVector.MultiplyAdd(v, w0, a3); b3 = TVector.MultiplyAdd(v, w1, b3); c3 = TVector.MultiplyAdd(v, w2, c3);
            }
        }
        Sum(a0, a1, a2, a3).Store(sums);
        Sum(b0, b1, b2, b3).Store(sums + 4);
        Sum(c0, c1, c2, c3).Store(sums + 8);
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
        int panel = item / shape.Height, y = item % shape.Height, rows = NarrowKernel<TVector>.Rows;
        float* sums = stackalloc float[rows * SimdWeights.NarrowColumns];
        int columns = Math.Min(SimdWeights.NarrowColumns, shape.Channels - panel * SimdWeights.NarrowColumns);
        for (int x = 0; x < shape.Width; x += rows)
        {
            // The next tile but one's lower right taps: all else that it reads has been read for the rows above.
            for (int s = SimdWeights.Taps - 1; s < segmentCount; s += SimdWeights.Taps)
                Processor.Prefetch(input + y * inputRowFloats + (x + 2 * rows) * SimdTensor.BlockChannels + segments[s], rows, SimdTensor.BlockChannels);
            NarrowKernel<TVector>.Run(input + y * inputRowFloats + x * SimdTensor.BlockChannels, segments, segmentCount, weights + panel * panelFloats, sums);
            for (int o = 0; o < columns; o++)
            {
                int channel = panel * SimdWeights.NarrowColumns + o;
                Store(sums + o * rows, channel, ((nint)channel * shape.Height + y) * shape.Width + x, Math.Min(rows, shape.Width - x));
            }
        }
    }

    void Store(float* sums, int channel, nint at, int count)
    {
        int r = 0;
        for (; r <= count - Vector128<float>.Count; r += Vector128<float>.Count)
        {
            var sum = Vector128.Load(sums + r);
            if (bias is not null) sum = Vector128.MaxNative(sum + Vector128.Create(bias[channel]), Vector128<float>.Zero);
            if (accumulate) sum += Vector128.Load(output + at + r);
            if (activation is not null) sum &= Vector128.GreaterThan(Vector128.Load(activation + at + r), Vector128<float>.Zero);
            sum.Store(output + at + r);
        }
        for (; r < count; r++)
        {
            float sum = sums[r];
            if (bias is not null) sum = Math.Max(0, sum + bias[channel]);
            if (accumulate) sum += output[at + r];
            output[at + r] = activation is not null && !(activation[at + r] > 0) ? 0 : sum;
        }
    }
}
