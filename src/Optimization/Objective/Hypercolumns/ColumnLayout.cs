using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>A place on the grid of a picture that has a hypercolumn, and the row of a sample matrix that it is.</summary>
internal readonly record struct ColumnPoint(int Row, int Y, int X);

/// <summary>
/// What a hypercolumn is made of (Kolkin et al. 2022, section 3.2; as their program has it): the features of several layers at one place of
/// the picture, one layer after the other, each over its number of channels C, times its weight. Places lie on a grid of a quarter of the
/// picture's size, whose corners are the corners of each layer's map; a layer is read between its positions, bilinearly.
/// <code>
/// y of the layer = Y (H - 1) / (h - 1)        h = height / 4, H the layer's height; likewise x
/// </code>
/// A picture that wraps around has no corners: there the centers of the positions are aligned, y = (Y + 1/2) H / h - 1/2, and what lies
/// beyond an edge is the other side.
/// </summary>
internal sealed class ColumnLayout
{
    /// <summary>A layer of the size of the grid.</summary>
    public static readonly VggLayer Grid = Vgg19.Find("relu3_1");

    /// <summary>Puts the layers side by side, in their order.</summary>
    public ColumnLayout(LayerTable table, IReadOnlyList<LayerWeight> layers)
    {
        var parts = new List<Part>();
        foreach (var layer in layers)
        {
            int channels = table.Outputs(layer.Vgg);
            parts.Add(new(layer.Vgg, Length, (float)(layer.Weight / channels)));
            Length += channels;
        }
        Parts = parts;
    }

    /// <summary>A layer's features, times a factor, from a column on.</summary>
    public sealed record Part(VggLayer Layer, int Column, float Factor);

    /// <summary>The layers.</summary>
    public IReadOnlyList<Part> Parts { get; }

    /// <summary>Numbers of a hypercolumn, N.</summary>
    public int Length { get; }

    /// <summary>
    /// The map from a block's features of a layer to the rows of these points, as far as the block owns the positions around them: blocks
    /// have a part each in a row between them. Null if it owns none.
    /// </summary>
    public static SampleMap? Map(Part part, Shape picture, PictureBlock block, IReadOnlyList<ColumnPoint> points, TensorList owned)
    {
        Shape grid = Grid.Plane(picture.Height, picture.Width), map = part.Layer.Plane(picture.Height, picture.Width);
        return block.Owned(part.Layer, points
            .Select(p => new SamplePoint(p.Row, Along(p.Y, grid.Height, map.Height, block.Wraps), Along(p.X, grid.Width, map.Width, block.Wraps)))
            .SelectMany(p => SampleMap.Around(p, map.Height, map.Width, block.Wraps)).Select(t => t with { Weight = part.Factor * t.Weight }), owned);
    }

    /// <summary>
    /// Adds a picture's hypercolumns, or what this device's band has in them, to the rows of a matrix [1,m,N]; <paramref name="wrap"/>: of a
    /// picture that wraps around.
    /// </summary>
    public void Gather(FeatureNetwork network, Tensor picture, int blockSize, Band? band, IReadOnlyList<ColumnPoint> points, Tensor to,
        bool wrap = false) =>
        SampleGather.Add(network, picture, blockSize, band, [.. Parts.Select(part =>
            new SampleRows(part.Layer, (block, tables) => Map(part, picture.Shape, block, points, tables), to, part.Column))], wrap);

    static float Along(int place, int places, int length, bool wrap) => wrap ? (float)((place + 0.5) * length / places - 0.5)
        : places == 1 ? 0 : (float)((double)place * (length - 1) / (places - 1));
}
