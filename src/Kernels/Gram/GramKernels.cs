using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Kernels of the Gram matrix and of its gradient; formulas in <see cref="IGram"/>. Features are channels-last except in the
/// Thin kernels, which take up to three planes; matrices are planar.
/// </summary>
internal static class GramKernels
{
    /// <summary>Threads of a group of <see cref="Thin"/>, which uses the sum of a group.</summary>
    public const int ThinGroup = IlgpuSums.GroupSize;

    internal struct Parameters
    {
        /// <summary>Size of the picture.</summary>
        public int Height, Width;

        /// <summary>The region: its corner, its width and how many positions it has, counted row by row.</summary>
        public int Top, Left, RegionWidth, Positions;

        /// <summary>Stored channels in quads; channels; positions of one chunk; chunks; tiles of columns.</summary>
        public int Quads, Channels, Chunk, Chunks, Tiles;

        public int Accumulate;
    }

    /// <summary>
    /// First stage: partial[s][i][j] = sum over the positions of chunk s of F[p,i] F[p,j], overwritten. One thread has 4
    /// channels i by 16 channels j; the grid runs over tiles (x) and chunks (y).
    /// </summary>
    internal static void Products<TTiling>(ArrayView<Float4> features, ArrayView<Float4> partial, Parameters p) where TTiling : struct, ITiling
    {
        int lane = Group.IdxX % TTiling.Lanes, i = Grid.IdxX / p.Tiles * 4 * TTiling.Lanes + Group.IdxX / TTiling.Lanes;
        int j = Grid.IdxX % p.Tiles * 4 * TTiling.Lanes + lane;
        int position = Grid.IdxY * p.Chunk, end = Math.Min(position + p.Chunk, p.Positions);
        Tile tile = default;
        while (position < end)
        {
            int y = position / p.RegionWidth, x = position % p.RegionWidth, run = Math.Min(end - position, p.RegionWidth - x);
            long row = ((long)(p.Top + y) * p.Width + p.Left + x) * p.Quads;
            for (int n = 0; n < run; n++)
            {
                Float4 a = features[row + i];
                Tile.Add(ref tile, a.X, a.Y, a.Z, a.W, features, row + j, TTiling.Lanes);
                row += p.Quads;
            }
            position += run;
        }
        long to = ((long)Grid.IdxY * p.Quads + i) * 4 * p.Quads + j;
        partial[to] = tile.A0; partial[to + TTiling.Lanes] = tile.A1; partial[to + 2 * TTiling.Lanes] = tile.A2; partial[to + 3 * TTiling.Lanes] = tile.A3;
        to += p.Quads;
        partial[to] = tile.B0; partial[to + TTiling.Lanes] = tile.B1; partial[to + 2 * TTiling.Lanes] = tile.B2; partial[to + 3 * TTiling.Lanes] = tile.B3;
        to += p.Quads;
        partial[to] = tile.C0; partial[to + TTiling.Lanes] = tile.C1; partial[to + 2 * TTiling.Lanes] = tile.C2; partial[to + 3 * TTiling.Lanes] = tile.C3;
        to += p.Quads;
        partial[to] = tile.D0; partial[to + TTiling.Lanes] = tile.D1; partial[to + 2 * TTiling.Lanes] = tile.D2; partial[to + 3 * TTiling.Lanes] = tile.D3;
    }

    /// <summary>Second stage: G[i,j] += sum over s of partial[s][i][j], in the order of s, in double precision. One thread an entry.</summary>
    internal static void AddPartials(ArrayView<float> partial, ArrayView<float> gram, Parameters p)
    {
        int entry = Grid.IdxX * Group.DimX + Group.IdxX;
        if (entry >= p.Channels * p.Channels) return;
        int i = entry / p.Channels, j = entry % p.Channels, stored = 4 * p.Quads;
        double sum = gram[entry];
        for (int s = 0; s < p.Chunks; s++) sum += partial[((long)s * stored + i) * stored + j];
        gram[entry] = (float)sum;
    }

    /// <summary>
    /// The gradient's matrix as the weights of a 1x1 convolution, [channel tile][c][tile] padded with 0, overwritten; D being
    /// symmetric, rows may serve as columns. One thread a weight; the grid runs over a tile's weights (x) and over tiles (y).
    /// </summary>
    internal static void PackMatrix<TTiling>(ArrayView<float> matrix, ArrayView<float> weights, int channels, int stored) where TTiling : struct, ITiling
    {
        int at = Grid.IdxX * Group.DimX + Group.IdxX, tile = 16 * TTiling.Lanes;
        if (at >= stored * tile) return;
        int k = Grid.IdxY * tile + at % tile, c = at / tile;
        weights[Grid.IdxY * tile * stored + at] = k < channels && c < channels ? matrix[c * channels + k] : 0;
    }

    /// <summary>G[i,j] += sum of F[i,p] F[j,p] for up to three planes; a group has one entry.</summary>
    internal static void Thin(ArrayView<float> features, ArrayView<float> gram, Parameters p)
    {
        long plane = (long)p.Height * p.Width;
        int i = Grid.IdxX / p.Channels, j = Grid.IdxX % p.Channels;
        double sum = 0;
        PlaneWalk walk = new(Group.IdxX, ThinGroup, PlaneWalk.Open, p.RegionWidth);
        for (int position = Group.IdxX; position < p.Positions; position += ThinGroup)
        {
            long at = (long)(p.Top + walk.Y) * p.Width + p.Left + walk.X;
            sum += (double)features[i * plane + at] * features[j * plane + at];
            walk.Move();
        }
        sum = IlgpuSums.OfGroup(sum);
        if (Group.IdxX == 0) gram[Grid.IdxX] += (float)sum;
    }

    /// <summary>D F over the region for up to three planes, added to the gradient; one thread a position of the region.</summary>
    internal static void ThinGradient(ArrayView<float> features, ArrayView<float> matrix, ArrayView<float> gradient, Parameters p)
    {
        int position = Grid.IdxX * Group.DimX + Group.IdxX;
        if (position >= p.Positions) return;
        long plane = (long)p.Height * p.Width, at = (long)(p.Top + position / p.RegionWidth) * p.Width + p.Left + position % p.RegionWidth;
        for (int i = 0; i < p.Channels; i++)
        {
            float sum = 0;
            for (int j = 0; j < p.Channels; j++) sum += matrix[i * p.Channels + j] * features[j * plane + at];
            if (p.Accumulate != 0) sum += gradient[i * plane + at];
            gradient[i * plane + at] = sum;
        }
    }
}
