using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// What a row of a joint sample matrix holds: a pixel's red, green and blue, of 0..1, then the features of some layers there, each between
/// the positions around it (Kolkin et al. 2019, section 2.2, "hypercolumns"). Features are in units of pixels that have the variance of
/// photographs, as those of torchvision's weights are, times their layer's weight.
/// </summary>
internal sealed class JointColumns
{
    /// <summary>The columns of red, green and blue.</summary>
    public const int Colors = 3;

    /// <summary>The factor on red, green and blue.</summary>
    public const float ColorFactor = 1 / 255f;

    readonly float[] factors;

    /// <summary>The columns of some layers of a network.</summary>
    public JointColumns(FeatureNetwork network, IReadOnlyList<LayerWeight> layers)
    {
        Layers = [.. layers.Select(l => l.Vgg)];
        double unit = network.FeatureUnit;
        factors = [.. layers.Select(l => (float)(l.Weight / unit))];
        First = new int[layers.Count];
        Count = Colors;
        for (int i = 0; i < layers.Count; i++)
        {
            First[i] = Count;
            Count += network.Table.Outputs(Layers[i]);
        }
    }

    /// <summary>The layers, in the settings' order.</summary>
    public VggLayer[] Layers { get; }

    /// <summary>Each layer's first column.</summary>
    public int[] First { get; }

    /// <summary>All columns.</summary>
    public int Count { get; }

    /// <summary>The number of columns of some layers.</summary>
    public static int CountOf(LayerTable table, IReadOnlyList<LayerWeight> layers) => Colors + layers.Sum(l => table.Outputs(l.Vgg));

    /// <summary>The factor on a layer's features.</summary>
    public float Factor(int layer) => factors[layer];

    /// <summary>
    /// From what a block owns of a layer's features to the rows of pixels; null if it has no part in any of them.
    /// </summary>
    /// <param name="pixels">The pixels.</param>
    /// <param name="firstRow">The first one's row.</param>
    /// <param name="layer">The layer's number.</param>
    /// <param name="block">The block.</param>
    /// <param name="height">Height of the picture.</param>
    /// <param name="width">Width of the picture.</param>
    /// <param name="tables">Where its tables are allocated.</param>
    public SampleMap? Map(IReadOnlyList<(int Y, int X)> pixels, int firstRow, int layer, PictureBlock block, int height, int width,
        TensorList tables)
    {
        var shape = Layers[layer].Plane(height, width);
        float scale = 1f / Layers[layer].Stride;
        return block.Owned(Layers[layer], pixels
            .SelectMany((p, i) => SampleMap.Around(new(firstRow + i, p.Y * scale, p.X * scale), shape.Height, shape.Width, block.Wraps))
            .Select(t => t with { Weight = factors[layer] * t.Weight }), tables);
    }

    /// <summary>From a picture's pixels to their rows.</summary>
    public static SampleMap MapColors(IReadOnlyList<(int Y, int X)> pixels, int firstRow, int height, int width, TensorList tables) =>
        new(tables, height, width, [.. pixels.Select((p, i) => new SampleTap(firstRow + i, p.Y, p.X, ColorFactor))]);

    /// <summary>Pixels of a picture, and the samples that they are rows of.</summary>
    internal sealed record Rows(IReadOnlyList<(int Y, int X)> Pixels, int FirstRow, Tensor Samples);

    /// <summary>
    /// Adds pixels of a whole picture, or of this device's band of it, to their rows, which are 0; colors where the device <paramref
    /// name="leads"/>.
    /// </summary>
    public void Gather(FeatureNetwork network, Tensor picture, IReadOnlyList<Rows> rows, int blockSize, Band? band, bool leads)
    {
        var (_, height, width) = picture.Shape;
        var device = network.Device;
        using var own = new TensorList(device);
        if (leads)
            foreach (var part in rows)
                device.Matching.Gather(picture, MapColors(part.Pixels, part.FirstRow, height, width, own), part.Samples, 0);
        SampleGather.Add(network, picture, blockSize, band, [.. rows.SelectMany(r => Layers.Select((layer, l) =>
            new SampleRows(layer, (block, tables) => Map(r.Pixels, r.FirstRow, l, block, height, width, tables), r.Samples, First[l])))]);
    }
}
