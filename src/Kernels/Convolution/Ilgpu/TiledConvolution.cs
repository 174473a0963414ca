using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// The convolution kernel of the ILGPU engine, as an implicit matrix product: rows are positions, columns are outgoing
/// channels, and the sum runs over the taps of a (2 Radius + 1) square and the incoming channels.
/// <code>
/// Y[p,k] = finish(sum over taps t, channels c of X[p + t, c] W[t,c,k])        X is 0 outside the picture
/// finish: + bias and ReLU, or + what Y held, and 0 where a mask is not positive
/// </code>
/// A group has as many rows of threads as it is launched with. One thread computes 4 positions x 16 channels (<see cref="Tile"/>) without shared memory: weights and neighbouring threads'
/// values come out of the cache. Positions are those of a region, counted row by row; only they are written. A position that a
/// tap moves out of the picture reads the zeros in front of the values over and over, with stride 0.
/// <code>
/// X: channels-last behind its block of zeros, or up to three planes (ThinKernel)       Y, mask: channels-last
/// W: [channel tile][tap][c][tile], a tile being 16 Lanes channels; the data gradient brings rotated, transposed weights
/// </code>
/// </summary>
internal static class TiledConvolution
{
    /// <summary>Flags of <see cref="Parameters"/>: what is done to a sum before it is stored.</summary>
    public const int BiasAndRelu = 1, Accumulate = 2, Mask = 4;

    const int ZeroQuads = IlgpuStorage.Zeros / 4;

    internal struct Parameters
    {
        /// <summary>Size of the picture.</summary>
        public int Height, Width;

        /// <summary>The region: its corner, its width and how many positions it has.</summary>
        public int Top, Left, RegionWidth, Positions;

        /// <summary>Channels that come in and go out: quads if channels-last, planes if planar.</summary>
        public int In, Out;

        /// <summary>1 for 3x3, 0 for 1x1.</summary>
        public int Radius;

        public int Flags;
    }

    /// <summary>Channels-last to channels-last.</summary>
    internal static void Kernel<TTiling>(ArrayView<Float4> input, ArrayView<Float4> weights, ArrayView<Float4> bias, ArrayView<Float4> mask, ArrayView<Float4> output, Parameters p)
        where TTiling : struct, ITiling
    {
        int lane = Group.IdxX % TTiling.Lanes, first = 4 * (Grid.IdxX * (Group.DimX / TTiling.Lanes) + Group.IdxX / TTiling.Lanes);
        if (first >= p.Positions) return;
        int column = Grid.IdxY * 4 * TTiling.Lanes + lane, taps = (2 * p.Radius + 1) * (2 * p.Radius + 1);
        long w = (long)Grid.IdxY * taps * p.In * 16 * TTiling.Lanes + lane;
        int p0 = first, p1 = Math.Min(first + 1, p.Positions - 1), p2 = Math.Min(first + 2, p.Positions - 1), p3 = Math.Min(first + 3, p.Positions - 1);
        int y0 = p.Top + p0 / p.RegionWidth, x0 = p.Left + p0 % p.RegionWidth, y1 = p.Top + p1 / p.RegionWidth, x1 = p.Left + p1 % p.RegionWidth;
        int y2 = p.Top + p2 / p.RegionWidth, x2 = p.Left + p2 % p.RegionWidth, y3 = p.Top + p3 / p.RegionWidth, x3 = p.Left + p3 % p.RegionWidth;
        Tile tile = default;
        for (int dy = -p.Radius; dy <= p.Radius; dy++)
            for (int dx = -p.Radius; dx <= p.Radius; dx++)
            {
                bool in0 = Inside(y0 + dy, x0 + dx, p), in1 = Inside(y1 + dy, x1 + dx, p), in2 = Inside(y2 + dy, x2 + dx, p), in3 = Inside(y3 + dy, x3 + dx, p);
                long i0 = in0 ? Quad(y0 + dy, x0 + dx, p) : 0, i1 = in1 ? Quad(y1 + dy, x1 + dx, p) : 0;
                long i2 = in2 ? Quad(y2 + dy, x2 + dx, p) : 0, i3 = in3 ? Quad(y3 + dy, x3 + dx, p) : 0;
                int step0 = in0 ? 1 : 0, step1 = in1 ? 1 : 0, step2 = in2 ? 1 : 0, step3 = in3 ? 1 : 0;
                for (int c = 0; c < p.In; c++)
                {
                    Float4 a = input[i0], b = input[i1], d = input[i2], e = input[i3];
                    Tile.Add(ref tile, a.X, b.X, d.X, e.X, weights, w, TTiling.Lanes);
                    Tile.Add(ref tile, a.Y, b.Y, d.Y, e.Y, weights, w + 4 * TTiling.Lanes, TTiling.Lanes);
                    Tile.Add(ref tile, a.Z, b.Z, d.Z, e.Z, weights, w + 8 * TTiling.Lanes, TTiling.Lanes);
                    Tile.Add(ref tile, a.W, b.W, d.W, e.W, weights, w + 12 * TTiling.Lanes, TTiling.Lanes);
                    w += 16 * TTiling.Lanes;
                    i0 += step0;
                    i1 += step1;
                    i2 += step2;
                    i3 += step3;
                }
            }
        StoreTile<TTiling>(tile, bias, mask, output, first, y0, x0, y1, x1, y2, x2, y3, x3, column, p);
    }

    /// <summary>Up to three planes to channels-last.</summary>
    internal static void ThinKernel<TTiling>(ArrayView<float> input, ArrayView<Float4> weights, ArrayView<Float4> bias, ArrayView<Float4> mask, ArrayView<Float4> output, Parameters p)
        where TTiling : struct, ITiling
    {
        int lane = Group.IdxX % TTiling.Lanes, first = 4 * (Grid.IdxX * (Group.DimX / TTiling.Lanes) + Group.IdxX / TTiling.Lanes);
        if (first >= p.Positions) return;
        int column = Grid.IdxY * 4 * TTiling.Lanes + lane, taps = (2 * p.Radius + 1) * (2 * p.Radius + 1);
        long w = (long)Grid.IdxY * taps * p.In * 4 * TTiling.Lanes + lane, plane = (long)p.Height * p.Width;
        int p0 = first, p1 = Math.Min(first + 1, p.Positions - 1), p2 = Math.Min(first + 2, p.Positions - 1), p3 = Math.Min(first + 3, p.Positions - 1);
        int y0 = p0 / p.Width, x0 = p0 % p.Width, y1 = p1 / p.Width, x1 = p1 % p.Width;
        int y2 = p2 / p.Width, x2 = p2 % p.Width, y3 = p3 / p.Width, x3 = p3 % p.Width;
        Tile tile = default;
        for (int dy = -p.Radius; dy <= p.Radius; dy++)
            for (int dx = -p.Radius; dx <= p.Radius; dx++)
            {
                bool in0 = Inside(y0 + dy, x0 + dx, p), in1 = Inside(y1 + dy, x1 + dx, p), in2 = Inside(y2 + dy, x2 + dx, p), in3 = Inside(y3 + dy, x3 + dx, p);
                long i0 = in0 ? Value(y0 + dy, x0 + dx, p) : 0, i1 = in1 ? Value(y1 + dy, x1 + dx, p) : 0;
                long i2 = in2 ? Value(y2 + dy, x2 + dx, p) : 0, i3 = in3 ? Value(y3 + dy, x3 + dx, p) : 0;
                long step0 = in0 ? plane : 0, step1 = in1 ? plane : 0, step2 = in2 ? plane : 0, step3 = in3 ? plane : 0;
                for (int c = 0; c < p.In; c++)
                {
                    Tile.Add(ref tile, input[i0], input[i1], input[i2], input[i3], weights, w, TTiling.Lanes);
                    w += 4 * TTiling.Lanes;
                    i0 += step0;
                    i1 += step1;
                    i2 += step2;
                    i3 += step3;
                }
            }
        StoreTile<TTiling>(tile, bias, mask, output, first, y0, x0, y1, x1, y2, x2, y3, x3, column, p);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Inside(int y, int x, Parameters p) => (uint)y < (uint)p.Height && (uint)x < (uint)p.Width;

    /// <summary>Where a position's first quad lies in an input of <see cref="Parameters.In"/> quads, behind the zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Quad(int y, int x, Parameters p) => ZeroQuads + ((long)y * p.Width + x) * p.In;

    /// <summary>Where a position lies in the first plane, behind the zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Value(int y, int x, Parameters p) => IlgpuStorage.Zeros + (long)y * p.Width + x;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StoreTile<TTiling>(Tile t, ArrayView<Float4> bias, ArrayView<Float4> mask, ArrayView<Float4> output,
        int first, int y0, int x0, int y1, int x1, int y2, int x2, int y3, int x3, int column, Parameters p)
        where TTiling : struct, ITiling
    {
        StoreRow<TTiling>(t.A0, t.A1, t.A2, t.A3, bias, mask, output, ((long)y0 * p.Width + x0) * p.Out, column, p.Flags);
        if (first + 1 < p.Positions) StoreRow<TTiling>(t.B0, t.B1, t.B2, t.B3, bias, mask, output, ((long)y1 * p.Width + x1) * p.Out, column, p.Flags);
        if (first + 2 < p.Positions) StoreRow<TTiling>(t.C0, t.C1, t.C2, t.C3, bias, mask, output, ((long)y2 * p.Width + x2) * p.Out, column, p.Flags);
        if (first + 3 < p.Positions) StoreRow<TTiling>(t.D0, t.D1, t.D2, t.D3, bias, mask, output, ((long)y3 * p.Width + x3) * p.Out, column, p.Flags);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StoreRow<TTiling>(Float4 r0, Float4 r1, Float4 r2, Float4 r3, ArrayView<Float4> bias, ArrayView<Float4> mask, ArrayView<Float4> output, long row, int column, int flags)
        where TTiling : struct, ITiling
    {
        Store(r0, bias, mask, output, row, column, flags);
        Store(r1, bias, mask, output, row, column + TTiling.Lanes, flags);
        Store(r2, bias, mask, output, row, column + 2 * TTiling.Lanes, flags);
        Store(r3, bias, mask, output, row, column + 3 * TTiling.Lanes, flags);
    }

    /// <summary>Finishes a sum, stores it, and gives what was stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Store(Float4 v, ArrayView<Float4> bias, ArrayView<Float4> mask, ArrayView<Float4> output, long row, int column, int flags)
    {
        if ((flags & BiasAndRelu) != 0)
        {
            Float4.Add(ref v, bias[column]);
            Float4.Relu(ref v);
        }
        if ((flags & Accumulate) != 0) Float4.Add(ref v, output[row + column]);
        if ((flags & Mask) != 0) Float4.Mask(ref v, mask[row + column]);
        output[row + column] = v;
        return v;
    }
}
