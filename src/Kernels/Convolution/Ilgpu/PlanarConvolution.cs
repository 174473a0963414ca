using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// 3x3 convolution to a picture of up to three planes: the data gradient of the first layer. A thread computes all planes of its positions;
/// the sums over 9 taps and all incoming channels are those of <see cref="TiledConvolution"/>, finished alike.
/// <code>
/// X: channels-last behind its block of zeros, or up to three planes      Y, mask: planes      W: [tap][c][4], plane 3 unused
/// </code>
/// </summary>
internal static class PlanarConvolution
{
    /// <summary>Positions of a group of <see cref="Kernel"/>, down and across, and its threads, each of which has four in a column.</summary>
    public const int Down = 16, Across = 32, Threads = Down * Across / Own;

    const int Own = 4;

    /// <summary>Quads of channels that are read at once: whole sectors of 32 bytes. All positions' first lie before the second.</summary>
    const int ChunkQuads = 2;

    /// <summary>What a group has of its input in shared memory: its positions and those around them.</summary>
    const int PatchWidth = Across + 2, PatchPositions = (Down + 2) * PatchWidth;

    const int PatchWords = ChunkQuads * PatchPositions, Copies = (PatchWords + Threads - 1) / Threads;

    /// <summary>The sums of four positions, one below the other.</summary>
    struct Column
    {
        public Float4 S0, S1, S2, S3;
    }

    /// <summary>Channels-last to planes; Parameters.In counts quads, Parameters.Out planes. The grid runs over the picture.</summary>
    internal static void Kernel(ArrayView<Float4> input, ArrayView<Float4> weights, ArrayView<float> bias, ArrayView<float> mask,
        ArrayView<float> output, TiledConvolution.Parameters p)
    {
        var patch = SharedMemory.Allocate<Float4>(PatchWords);
        int thread = Group.IdxX, top = Grid.IdxY * Down, left = Grid.IdxX * Across, row = thread / Across * Own, x = thread % Across;
        Column sums = default;
        for (int quad = 0; quad < p.In; quad += ChunkQuads)
        {
            Group.Barrier();
            for (int i = 0; i < Copies; i++)
            {
                int word = thread + i * Threads;
                Float4 read = Read(input, word, quad, top - 1, left - 1, p);
                if (word < PatchWords) patch[(word & 1) * PatchPositions + (word >> 1)] = read;
            }
            Group.Barrier();
            for (int next = 0; next < ChunkQuads; next++)
                for (int dx = 0; dx < 3; dx++)
                    AddTaps(ref sums, patch.SubView(next * PatchPositions + row * PatchWidth + x + dx),
                        weights.SubView((dx * p.In + quad + next) * 4), 3 * 4 * p.In);
        }
        int y = top + row, position = y * p.Width + left + x;
        if (left + x >= p.Width) return;
        if (y < p.Height) Store(sums.S0, bias, mask, output, position, p);
        if (y + 1 < p.Height) Store(sums.S1, bias, mask, output, position + p.Width, p);
        if (y + 2 < p.Height) Store(sums.S2, bias, mask, output, position + 2 * p.Width, p);
        if (y + 3 < p.Height) Store(sums.S3, bias, mask, output, position + 3 * p.Width, p);
    }

    /// <summary>A quad of a position of the patch, whose corner is given; 0 outside the picture.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Float4 Read(ArrayView<Float4> input, int word, int quad, int top, int left, TiledConvolution.Parameters p)
    {
        // The quotient by 34, exact up to 4,000: assemblers make 20 instructions of a division.
        int position = word >> 1, row = (position * 1928) >> 16, y = top + row, x = left + position - row * PatchWidth;
        return input[TiledConvolution.Inside(y, x, p) ? TiledConvolution.Quad(y, x, p) + quad + (word & 1) : 0];
    }

    /// <summary>
    /// Adds a quad's three taps of a column: <paramref name="patch"/> begins at the first position's upper neighbor, and the weights of a tap
    /// lie <paramref name="apart"/> behind those of the tap above.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddTaps(ref Column sums, ArrayView<Float4> patch, ArrayView<Float4> weights, int apart)
    {
        Float4 a = patch[0], b = patch[PatchWidth], c = patch[2 * PatchWidth];
        Float4 d = patch[3 * PatchWidth], e = patch[4 * PatchWidth], f = patch[5 * PatchWidth];
        AddTap(ref sums, a, b, c, d, weights);
        AddTap(ref sums, b, c, d, e, weights.SubView(apart));
        AddTap(ref sums, c, d, e, f, weights.SubView(2 * apart));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddTap(ref Column sums, Float4 a, Float4 b, Float4 c, Float4 d, ArrayView<Float4> weights)
    {
        Float4 x = weights[0], y = weights[1], z = weights[2], w = weights[3];
        AddQuad(ref sums.S0, a, x, y, z, w);
        AddQuad(ref sums.S1, b, x, y, z, w);
        AddQuad(ref sums.S2, c, x, y, z, w);
        AddQuad(ref sums.S3, d, x, y, z, w);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddQuad(ref Float4 sum, Float4 v, Float4 x, Float4 y, Float4 z, Float4 w)
    {
        Float4.AddScaled(ref sum, v.X, x);
        Float4.AddScaled(ref sum, v.Y, y);
        Float4.AddScaled(ref sum, v.Z, z);
        Float4.AddScaled(ref sum, v.W, w);
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
