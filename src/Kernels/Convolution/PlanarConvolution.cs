using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// 3x3 convolution to a picture of up to three planes: the data gradient of the first layer. One thread computes all planes of
/// one position; its sum over 9 taps and all incoming channels is that of <see cref="TiledConvolution"/>, finished alike.
/// <code>
/// X: channels-last behind its block of zeros, or up to three planes      Y, mask: planes      W: [tap][c][4], plane 3 unused
/// </code>
/// </summary>
internal static class PlanarConvolution
{
    /// <summary>Channels-last to planes; Parameters.In counts quads, Parameters.Out planes.</summary>
    internal static void Kernel(ArrayView<Float4> input, ArrayView<Float4> weights, ArrayView<float> bias, ArrayView<float> mask, ArrayView<float> output, TiledConvolution.Parameters p)
    {
        int position = Grid.IdxX * Group.DimX + Group.IdxX;
        if (position >= p.Positions) return;
        int y = position / p.Width, x = position % p.Width;
        Float4 sum = default;
        int w = 0;
        for (int dy = -p.Radius; dy <= p.Radius; dy++)
            for (int dx = -p.Radius; dx <= p.Radius; dx++)
            {
                bool inside = TiledConvolution.Inside(y + dy, x + dx, p);
                long i = inside ? TiledConvolution.Quad(y + dy, x + dx, p) : 0;
                int step = inside ? 1 : 0;
                for (int c = 0; c < p.In; c++)
                {
                    Float4 a = input[i];
                    Float4.AddScaled(ref sum, a.X, weights[w]);
                    Float4.AddScaled(ref sum, a.Y, weights[w + 1]);
                    Float4.AddScaled(ref sum, a.Z, weights[w + 2]);
                    Float4.AddScaled(ref sum, a.W, weights[w + 3]);
                    w += 4;
                    i += step;
                }
            }
        Store(sum, bias, mask, output, position, p);
    }

    /// <summary>Planes to planes.</summary>
    internal static void ThinKernel(ArrayView<float> input, ArrayView<Float4> weights, ArrayView<float> bias, ArrayView<float> mask, ArrayView<float> output, TiledConvolution.Parameters p)
    {
        int position = Grid.IdxX * Group.DimX + Group.IdxX;
        if (position >= p.Positions) return;
        int y = position / p.Width, x = position % p.Width;
        Float4 sum = default;
        int w = 0;
        for (int dy = -p.Radius; dy <= p.Radius; dy++)
            for (int dx = -p.Radius; dx <= p.Radius; dx++)
            {
                bool inside = TiledConvolution.Inside(y + dy, x + dx, p);
                long i = inside ? TiledConvolution.Value(y + dy, x + dx, p) : 0, step = inside ? (long)p.Height * p.Width : 0;
                for (int c = 0; c < p.In; c++, i += step) Float4.AddScaled(ref sum, input[i], weights[w++]);
            }
        Store(sum, bias, mask, output, position, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(Float4 sum, ArrayView<float> bias, ArrayView<float> mask, ArrayView<float> output, int position, TiledConvolution.Parameters p)
    {
        long plane = (long)p.Height * p.Width;
        StorePlane(sum.X, 0, bias, mask, output, position, p.Flags);
        if (p.Out > 1) StorePlane(sum.Y, 1, bias, mask, output, plane + position, p.Flags);
        if (p.Out > 2) StorePlane(sum.Z, 2, bias, mask, output, 2 * plane + position, p.Flags);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StorePlane(float v, int channel, ArrayView<float> bias, ArrayView<float> mask, ArrayView<float> output, long at, int flags)
    {
        if ((flags & TiledConvolution.BiasAndRelu) != 0)
        {
            v += bias[channel];
            v = v > 0 ? v : 0;
        }
        if ((flags & TiledConvolution.Accumulate) != 0) v += output[at];
        if ((flags & TiledConvolution.Mask) != 0) v = mask[at] > 0 ? v : 0;
        output[at] = v;
    }
}
