namespace GpuStyle.Kernels;

/// <summary>
/// How a Winograd convolution is cut into blocks of groups of tiles: by the sizes of the caches and the number of threads. No
/// result depends on it.
/// </summary>
/// <param name="Shared">Whether the team works on one block, stage by stage, instead of each worker on one of its own.</param>
/// <param name="Groups">Groups of a block.</param>
internal readonly record struct WinogradBlocks(bool Shared, int Groups)
{
    /// <summary>
    /// Groups of a private block: one group reads all weights for itself alone; from four on there is nothing left to gain by
    /// reading them more seldom.
    /// </summary>
    const int LeastPrivate = 2, MostPrivate = 4;

    /// <param name="groups">Groups of the whole map.</param>
    /// <param name="groupBytes">Transformed inputs and products of a group.</param>
    /// <param name="weightBytes">Transformed weights.</param>
    /// <param name="threads">Workers.</param>
    public static WinogradBlocks Choose(int groups, long groupBytes, long weightBytes, int threads)
    {
        // Weights that leave little room in the third-level cache come from memory for each block: then blocks are few and large.
        bool shared = weightBytes > CacheSizes.Third * 3 / 4;
        long most = shared
            ? Math.Max(LeastPrivate, CacheSizes.Third / 2 / groupBytes)
            : Math.Min(Math.Clamp(CacheSizes.Second / 2 / groupBytes, LeastPrivate, MostPrivate), (groups + threads - 1) / threads);
        long blocks = (groups + most - 1) / most;
        return new(shared, (int)((groups + blocks - 1) / blocks));
    }
}
