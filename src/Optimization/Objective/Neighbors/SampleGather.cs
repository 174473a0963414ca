using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>Rows of a sample matrix, 0 at first, to which features of one layer of a picture are added.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Map">From a block's features to the rows, allocated in the list; null where the block has no part in them.</param>
/// <param name="To">The matrix [1,m,N].</param>
/// <param name="Column">Where the layer's channels begin.</param>
internal sealed record SampleRows(VggLayer Layer, Func<PictureBlock, TensorList, SampleMap?> Map, Tensor To, int Column = 0);

/// <summary>Fills sample matrices from pictures, block by block.</summary>
internal static class SampleGather
{
    /// <summary>Adds the features of a picture, or of this device's band of it, to rows.</summary>
    /// <param name="network">The network.</param>
    /// <param name="picture">The picture [3,H,W].</param>
    /// <param name="blockSize">As in <see cref="Objective"/>.</param>
    /// <param name="band">The device's part; null: all of it.</param>
    /// <param name="wanted">The rows.</param>
    /// <param name="wrap">Whether the picture wraps around.</param>
    public static void Add(FeatureNetwork network, Tensor picture, int blockSize, Band? band, IReadOnlyList<SampleRows> wanted, bool wrap = false)
    {
        if (band is { IsEmpty: true }) return;
        using var pass = new FeaturePass(network, picture.Shape.Height, picture.Shape.Width, seeded: null, blockSize, band, wrap: wrap);
        for (int block = 0; block < pass.Blocks.Count; block++)
        {
            var here = pass.Blocks[block];
            pass.Forward(block, picture, (layer, features, _) =>
            {
                foreach (var rows in wanted.Where(r => r.Layer == layer))
                {
                    using var tables = new TensorList(network.Device);
                    if (rows.Map(here, tables) is { } map) network.Device.Matching.Gather(features, map, rows.To, rows.Column, accumulate: true);
                }
            });
        }
    }

    /// <summary>
    /// The map from a block's features of a layer to rows, of those positions that the block owns; null if it owns none. Where a row lies
    /// between positions of several blocks each adds its part.
    /// </summary>
    /// <param name="block">The block.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="taps">Positions of the whole map, those of a row together.</param>
    /// <param name="tables">Where the map's tables are allocated.</param>
    public static SampleMap? Owned(this PictureBlock block, VggLayer layer, IEnumerable<SampleTap> taps, TensorList tables)
    {
        var (window, part) = block.Levels[layer.PoolsBefore];
        int top = window.Top + part.Top, left = window.Left + part.Left;
        SampleTap[] own = [.. taps.Where(t => t.Y >= top && t.Y < top + part.Height && t.X >= left && t.X < left + part.Width)
            .Select(t => t with { Y = t.Y - window.Top, X = t.X - window.Left })];
        return own.Length == 0 ? null : new(tables, window.Height, window.Width, own);
    }

    /// <summary>Takes the mean of each matrix's rows away and makes them of length 1.</summary>
    public static void Center(IEnumerable<Tensor> samples)
    {
        foreach (var rows in samples)
        {
            using var lengths = rows.Device.Allocate(IMatching.Lengths(rows.Shape.Height));
            rows.Device.Matching.Center(rows, lengths);
        }
    }
}
