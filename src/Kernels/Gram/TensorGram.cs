using System.Runtime.CompilerServices;
using ILGPU;
using Parameters = GpuStyle.Kernels.GramKernels.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// The Gram matrix of channels-last features on tensor cores, in TF32: tiles of 64 x 64 on and above the diagonal, and for each a share
/// of the positions (<see cref="Products"/>), then the sum of the shares (<see cref="AddPartials"/>). Four warps have 32 x 32 each.
/// <para>
/// A step is 16 positions, copied as they lie, two steps ahead, into rows of 18 Word4s - 16 and two to keep banks apart. Thread (g, q)
/// reads the quad g of its warp's channels at positions q and q + 4: as left operand its channels are rows g and g + 8 of two
/// fragments (channel 4 g + t + 2 u is row g + 8 u of fragment t), as right operand column g of four (channel 4 g + j is that of fragment j).
/// </para>
/// <code>
/// features: behind their block of zeros       partial: [share][pair of tiles][64][64], overwritten
/// </code>
/// </summary>
internal static class TensorGram
{
    /// <summary>Channels of a tile, threads of a group, positions of a step.</summary>
    public const int Tile = 64, Threads = 128, Step = 16;

    /// <summary>Entries and slices of the shares that a group of <see cref="AddPartials"/> has.</summary>
    public const int Entries = 32, Slices = 8;

    const int Pitch = Tile / 4 + 2, TileWords = Step * Pitch, Stages = 3, ZeroQuads = IlgpuStorage.Zeros / 4;

    /// <summary>A warp's 32 x 32 sums: fragments of rows A and B, of columns 0 to 3.</summary>
    struct Sums
    {
        public Float4 A0, A1, A2, A3, B0, B1, B2, B3;
    }

    /// <summary>First stage; the grid runs over pairs of tiles (x) and shares (y).</summary>
    internal static void Products<TCore>(ArrayView<Word4> features, ArrayView<Float4> partial, Parameters p) where TCore : struct, ITensorCore
    {
        var ring = SharedMemory.Allocate<Word4>(2 * Stages * TileWords);
        var exchange = TCore.Exchange();
        int thread = Group.IdxX, lane = thread % 32, warp = thread / 32, g = lane / 4, q = lane % 4, warpRow = warp % 2, warpColumn = warp / 2;
        int row = 0, column = Grid.IdxX;
        while (column >= p.Tiles - row)
        {
            column -= p.Tiles - row;
            row++;
        }
        column += row;
        bool twice = column > row;
        int start = Grid.IdxY * p.Chunk, end = Math.Min(start + p.Chunk, p.Positions), steps = (end - start + Step - 1) / Step;
        int right = twice ? Stages * TileWords : 0, to = thread / 16 * Pitch + thread % 16;
        // Each thread copies a quad of two positions, 8 apart.
        int position = start + thread / 16, quad = thread % 16;
        PlaneWalk low = new(position, Step, PlaneWalk.Open, p.RegionWidth);
        PlaneWalk high = new(position + 8, Step, PlaneWalk.Open, p.RegionWidth);
        for (int s = 0; s < Stages - 1; s++)
        {
            Fetch<TCore>(features, ring, ref low, position < end, row, column, quad, s * TileWords + to, twice, p);
            Fetch<TCore>(features, ring, ref high, position + 8 < end, row, column, quad, s * TileWords + to + 8 * Pitch, twice, p);
            TCore.Commit();
            position += Step;
        }
        Sums sums = default;
        int stage = 0, ahead = Stages - 1;
        for (int step = 0; step < steps; step++)
        {
            TCore.Wait();
            Group.Barrier();
            Fetch<TCore>(features, ring, ref low, position < end, row, column, quad, ahead * TileWords + to, twice, p);
            Fetch<TCore>(features, ring, ref high, position + 8 < end, row, column, quad, ahead * TileWords + to + 8 * Pitch, twice, p);
            TCore.Commit();
            position += Step;
            var a = ring.SubView(stage * TileWords + q * Pitch + 8 * warpRow + g);
            var b = ring.SubView(right + stage * TileWords + q * Pitch + 8 * warpColumn + g);
            Multiply<TCore>(ref sums, Tf32Format.Raised(a[0]), Tf32Format.Raised(a[4 * Pitch]), Tf32Format.Raised(b[0]), Tf32Format.Raised(b[4 * Pitch]), exchange);
            Multiply<TCore>(ref sums, Tf32Format.Raised(a[8 * Pitch]), Tf32Format.Raised(a[12 * Pitch]), Tf32Format.Raised(b[8 * Pitch]), Tf32Format.Raised(b[12 * Pitch]), exchange);
            stage = stage == Stages - 1 ? 0 : stage + 1;
            ahead = ahead == Stages - 1 ? 0 : ahead + 1;
        }
        long at = (((long)Grid.IdxY * Grid.DimX + Grid.IdxX) * Tile + 32 * warpRow + 4 * g) * (Tile / 4) + 8 * warpColumn + 2 * q;
        Store(sums.A0, sums.A1, sums.A2, sums.A3, partial, at);
        Store(sums.B0, sums.B1, sums.B2, sums.B3, partial, at + Tile / 4);
    }

    /// <summary>
    /// Second stage: G[i,j] += the sum of its shares in double precision, in an order that their number fixes. The grid runs over runs of entries.
    /// </summary>
    internal static void AddPartials(ArrayView<float> partial, ArrayView<float> gram, Parameters p)
    {
        var shared = SharedMemory.Allocate<double>(Entries * Slices);
        int entry = Grid.IdxX * Entries + Group.IdxX % Entries, slice = Group.IdxX / Entries;
        bool inside = entry < p.Channels * p.Channels;
        int i = entry / p.Channels, j = entry % p.Channels;
        if (i / Tile > j / Tile)
        {
            int lower = i;
            i = j;
            j = lower;
        }
        int row = i / Tile, pairs = p.Tiles * (p.Tiles + 1) / 2, pair = row * p.Tiles - row * (row - 1) / 2 + j / Tile - row;
        double sum = 0;
        if (inside)
            for (int s = slice; s < p.Chunks; s += Slices) sum += partial[(((long)s * pairs + pair) * Tile + i % Tile) * Tile + j % Tile];
        shared[Group.IdxX] = sum;
        Group.Barrier();
        if (slice != 0 || !inside) return;
        sum = gram[entry];
        for (int s = 0; s < Slices; s++) sum += shared[s * Entries + Group.IdxX];
        gram[entry] = (float)sum;
    }

    /// <summary>
    /// Copies one quad of a position's channels for the left tile and, unless it is the same, for the right one, zeros behind the end; then
    /// goes a step on.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Fetch<TCore>(ArrayView<Word4> features, ArrayView<Word4> ring, ref PlaneWalk place, bool inside, int row, int column,
        int quad, int to, bool twice, Parameters p)
        where TCore : struct, ITensorCore
    {
        uint from = (uint)(ZeroQuads + ((p.Top + place.Y) * p.Width + p.Left + place.X) * p.Quads + quad);
        TCore.Copy(ref ring[to], ref features[(long)(inside ? from + (uint)row * (Tile / 4) : 0)]);
        if (twice) TCore.Copy(ref ring[Stages * TileWords + to], ref features[(long)(inside ? from + (uint)column * (Tile / 4) : 0)]);
        place.Move();
    }

    /// <summary>Adds eight positions' products: <paramref name="a"/> and <paramref name="b"/> of position q, the others of q + 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Multiply<TCore>(ref Sums s, Word4 a, Word4 a4, Word4 b, Word4 b4, ArrayView<uint> exchange) where TCore : struct, ITensorCore
    {
        Word4 rowsA = new() { X = a.X, Y = a.Z, Z = a4.X, W = a4.Z }, rowsB = new() { X = a.Y, Y = a.W, Z = a4.Y, W = a4.W };
        TCore.Multiply(ref s.A0, ref s.B0, ref s.A1, ref s.B1, rowsA, rowsB, b.X, b4.X, b.Y, b4.Y, exchange);
        TCore.Multiply(ref s.A2, ref s.B2, ref s.A3, ref s.B3, rowsA, rowsB, b.Z, b4.Z, b.W, b4.W, exchange);
    }

    /// <summary>Stores a row of fragments: eight columns in a row for each of two rows, the second two further on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(Float4 c0, Float4 c1, Float4 c2, Float4 c3, ArrayView<Float4> partial, long at)
    {
        partial[at] = new() { X = c0.X, Y = c1.X, Z = c2.X, W = c3.X };
        partial[at + 1] = new() { X = c0.Y, Y = c1.Y, Z = c2.Y, W = c3.Y };
        partial[at + Tile / 2] = new() { X = c0.Z, Y = c1.Z, Z = c2.Z, W = c3.Z };
        partial[at + Tile / 2 + 1] = new() { X = c0.W, Y = c1.W, Z = c2.W, W = c3.W };
    }
}
