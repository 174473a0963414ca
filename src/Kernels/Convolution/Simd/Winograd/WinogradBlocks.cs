namespace GpuStyle.Kernels;

/// <summary>
/// How a Winograd convolution is cut into blocks of groups of tiles: by the sizes of the caches and the number of threads. No
/// result depends on it.
/// </summary>
/// <param name="Shared">Whether the team works on one block, stage by stage, instead of each worker on one of its own.</param>
/// <param name="Groups">Groups of a block, at most.</param>
/// <param name="All">Groups of the whole map.</param>
/// <param name="Threads">Workers.</param>
internal readonly record struct WinogradBlocks(bool Shared, int Groups, int All, int Threads)
{
    /// <summary>
    /// Between these lies what a private block may have at most, by the second-level cache: one group reads all weights for itself alone; from four
    /// on there is nothing left to gain by reading them more seldom.
    /// </summary>
    const int LeastPrivate = 2, MostPrivate = 4;

    /// <summary>The least share of all threads' time that private blocks may fill.</summary>
    const double LeastBusy = 0.75;

    /// <summary>Chooses.</summary>
    /// <param name="groups">Groups of the whole map.</param>
    /// <param name="groupBytes">Transformed inputs and products of a group.</param>
    /// <param name="weightBytes">Transformed weights.</param>
    /// <param name="threads">Workers.</param>
    public static WinogradBlocks Choose(int groups, long groupBytes, long weightBytes, int threads)
    {
        var (each, length) = Private(groups, (int)Math.Clamp(CacheSizes.Second / 2 / groupBytes, LeastPrivate, MostPrivate), threads);
        // Weights that leave little room in the third-level cache come from memory for each block: then blocks are few and large. Where there are more weights than
        // transformed inputs and products, reading them once for all threads saves more than keeping the others in a core's cache. And a map of few groups does not
        // keep many threads busy unless they share them.
        bool shared = weightBytes > Math.Min(CacheSizes.Third * 3 / 4, groups * groupBytes) || groups < LeastBusy * length * threads;
        if (!shared) return new(false, each, groups, threads);
        long most = Math.Max(LeastPrivate, CacheSizes.Third / 2 / groupBytes), blocks = (groups + most - 1) / most;
        return new(true, (int)((groups + blocks - 1) / blocks), groups, threads);
    }

    /// <summary>Private blocks of whole rounds, in which each worker has one.</summary>
    int Whole => All / (Groups * Threads) * Threads;

    /// <summary>How many blocks there are.</summary>
    public int Count => Shared ? (All + Groups - 1) / Groups : Whole + Math.Min(Threads, All - Whole * Groups);

    /// <summary>The groups of a block. What whole rounds of private blocks leave over is shared out evenly, so that workers end together.</summary>
    public (int First, int Count) Block(int index)
    {
        int first = index * Groups;
        if (Shared) return (first, Math.Min(Groups, All - first));
        int whole = Whole, parts = Count - whole;
        if (index < whole) return (first, Groups);
        int rest = All - whole * Groups, begin = rest * (index - whole) / parts;
        return (whole * Groups + begin, rest * (index - whole + 1) / parts - begin);
    }

    /// <summary>
    /// The size of private blocks that lets the last worker end first, and how many groups this one computes in all. Bringing the weights
    /// into the cache takes about as long as a fifth of a group.
    /// </summary>
    static (int Each, long Length) Private(int groups, int most, int threads)
    {
        (int Each, long Length) best = default;
        long least = long.MaxValue;
        for (int each = 1; each <= most; each++)
        {
            long rounds = groups / (each * threads), rest = (groups - rounds * each * threads + threads - 1) / threads;
            long time = rounds * (5 * each + 1) + (rest > 0 ? 5 * rest + 1 : 0);
            if (time < least) (least, best) = (time, (each, rounds * each + rest));
        }
        return best;
    }
}
