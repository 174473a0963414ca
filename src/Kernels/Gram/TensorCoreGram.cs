using System.Runtime.CompilerServices;
using ILGPU;
using Parameters = GpuStyle.Kernels.GramKernels.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// The Gram matrix of channels-last features on tensor cores, in TF32: tiles of 64 x 64 on and above the diagonal, and for each a share
/// of the positions (<see cref="Products"/>), then the sum of the shares (<see cref="AddPartials"/>).
/// <para>
/// A step is 32 positions, copied as they lie, two steps ahead. Each of four warps has the whole tile's sums over eight of them
/// (<see cref="GramSums"/>): what it reads from shared memory serves twice as many products as a quarter of the tile would. A position is
/// a row of 16 Word4s, which change places in pairs from row to row, to keep banks apart (<see cref="Swap"/>).
/// </para>
/// <code>
/// features: behind their block of zeros       partial: [share][pair of tiles][64][64], overwritten
/// </code>
/// </summary>
internal static class TensorCoreGram
{
    /// <summary>Channels of a tile, threads of a group, positions of a step.</summary>
    public const int Tile = 64, Threads = 128, Step = 32;

    /// <summary>Word4s of a position's channels.</summary>
    public const int RowWords = Tile / 4;

    /// <summary>Entries and slices of the shares that a group of <see cref="AddPartials"/> has.</summary>
    public const int Entries = 32, Slices = 8;

    const int StageWords = Step * RowWords, Stages = 3, ZeroQuads = IlgpuStorage.Zeros / 4;

    /// <summary>Positions that the group copies at once, a Word4 a thread.</summary>
    const int Copied = Threads / RowWords;

    /// <summary>First stage; the grid runs over pairs of tiles (x) and shares (y).</summary>
    internal static void Products<TCore>(ArrayView<Word4> features, ArrayView<Float4> partial, Parameters p)
        where TCore : struct, ITensorCore
    {
        var ring = SharedMemory.Allocate<Word4>(2 * Stages * StageWords);
        var exchange = TCore.Exchange();
        int thread = Group.IdxX, lane = thread & 31, warp = thread >> 5, g = lane >> 2, q = lane & 3;
        int row = 0, column = Grid.IdxX;
        while (column >= p.Tiles - row)
        {
            column -= p.Tiles - row;
            row++;
        }
        column += row;
        int start = Grid.IdxY * p.Chunk, end = Math.Min(start + p.Chunk, p.Positions), steps = (end - start + Step - 1) / Step;
        int right = column > row ? Stages * StageWords : 0;
        int own = thread / RowWords, quad = thread & (RowWords - 1), to = own * RowWords + (quad ^ Swap(own));
        int from = (8 * warp + q) * RowWords + (g ^ Swap(q));
        PlaneWalk place = new(start + own, Copied, PlaneWalk.Open, p.RegionWidth);
        uint corner = (uint)(ZeroQuads + (p.Top * p.Width + p.Left) * p.Quads + row * RowWords + quad);
        uint apart = (uint)((column - row) * RowWords);
        int left = end - start - own;
        for (int s = 0; s < Stages - 1; s++)
        {
            Fetch<TCore>(features, ring.SubView(s * StageWords + to), ref place, left, corner, apart, right, p);
            left -= Step;
        }
        GramSums sums = default;
        int stage = 0, ahead = Stages - 1;
        for (int step = 0; step < steps; step++)
        {
            TCore.Wait();
            Group.Barrier();
            Fetch<TCore>(features, ring.SubView(ahead * StageWords + to), ref place, left, corner, apart, right, p);
            left -= Step;
            var a = ring.SubView(stage * StageWords + from);
            GramSums.Multiply<TCore>(ref sums, a, a.SubView(right), exchange);
            stage = stage == Stages - 1 ? 0 : stage + 1;
            ahead = ahead == Stages - 1 ? 0 : ahead + 1;
        }
        // Behind an empty group of copies, all are waited for: the ring is used for the sums.
        TCore.Commit();
        TCore.Wait();
        long at = ((long)Grid.IdxY * Grid.DimX + Grid.IdxX) * Tile * RowWords;
        GramSums.Store(sums, ring.Cast<Float4>(), partial.SubView(at));
    }

    /// <summary>
    /// Second stage: G[i,j] += the sum of its shares in double precision, in an order that their number fixes. The grid runs over runs of
    /// entries.
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
    /// What a quad's place in its row differs by from its number. Of four rows in a row, the quads 2 n and 2 n + 1 then lie in eight places
    /// modulo 8, which eight threads read at once.
    /// </summary>
    static int Swap(int position) => (position & 3) << 1;

    /// <summary>
    /// Copies a thread's quads of a step for the left tile and, unless it is the same, for the right one, zeros behind the end;
    /// <paramref name="left"/> positions are left of the share.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Fetch<TCore>(ArrayView<Word4> features, ArrayView<Word4> ring, ref PlaneWalk place, int left, uint corner, uint apart,
        int right, Parameters p)
        where TCore : struct, ITensorCore
    {
        Copy<TCore>(features, ring, ref place, left > 0, corner, apart, right, p);
        Copy<TCore>(features, ring.SubView(Copied * RowWords), ref place, left > Copied, corner, apart, right, p);
        Copy<TCore>(features, ring.SubView(2 * Copied * RowWords), ref place, left > 2 * Copied, corner, apart, right, p);
        Copy<TCore>(features, ring.SubView(3 * Copied * RowWords), ref place, left > 3 * Copied, corner, apart, right, p);
        TCore.Commit();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Copy<TCore>(ArrayView<Word4> features, ArrayView<Word4> to, ref PlaneWalk place, bool inside, uint corner, uint apart,
        int right, Parameters p)
        where TCore : struct, ITensorCore
    {
        uint from = corner + (uint)((place.Y * p.Width + place.X) * p.Quads);
        TCore.Copy(ref to[0], ref features[(long)(inside ? from : 0)]);
        if (right > 0) TCore.Copy(ref to[right], ref features[(long)(inside ? from + apart : 0)]);
        place.Move();
    }
}
