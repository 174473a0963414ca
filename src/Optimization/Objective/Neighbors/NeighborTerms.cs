using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// Makes the terms of <see cref="StyleLossKind.Neighbors"/>: one for each layer and region, with samples of the style pictures as targets.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="settings">What to minimize.</param>
/// <param name="guidance">Which style goes where.</param>
/// <param name="clock">Says which positions are looked at.</param>
/// <param name="blockSize">As in <see cref="Objective"/>.</param>
/// <param name="share">This device's part, if others share the work.</param>
internal sealed class NeighborTerms(FeatureNetwork network, ObjectiveSettings settings, Guidance guidance, SampleClock clock, int blockSize, ObjectiveShare? share)
{
    readonly Device device = network.Device;
    readonly List<string> notes = [];

    /// <summary>What was left out, a line each.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>
    /// A style picture, turned or not, in one target: the grids that are taken of it, and the first row that each has there.
    /// </summary>
    sealed record Source(VggLayer Layer, StyleUse Use, PictureTurn Turn, SampleGrid[] Grids, int[] FirstRows, IReadOnlyList<Tensor> Target);

    /// <summary>The terms, each with the number of its layer among the settings'.</summary>
    /// <param name="pictures">Style pictures [3,H,W].</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="width">Width of the result.</param>
    /// <param name="slot">Gives the next slot.</param>
    /// <param name="owned">Where all that the terms hold is allocated.</param>
    public IEnumerable<(int Layer, TapTerm Term)> Make(IReadOnlyList<DevicePicture> pictures, int height, int width, Func<ScalarSlot> slot, TensorList owned)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pictures.Count);
        var aims = StyleAim.Make(settings, guidance, height, width, [.. pictures.Select(p => p.Shape)], null, notes);
        var blocks = settings.Blocks(height, width, blockSize, BandOf(height, width));
        var terms = new List<(int, TapTerm)>();
        var sources = new List<Source>();
        foreach (var aim in aims)
        {
            var layer = settings.StyleLayers[aim.Layer].Vgg;
            var shape = layer.Plane(height, width);
            var grids = SampleGrids.Make(
                shape.Height, shape.Width, aim.Where, SampleGrids.OfPicture(settings.Samples, shape), Seed(layer), SampleGrids.Most);
            double part = aim.Region.Weight * (aim.Where is null ? 1 : aim.Where.Mass / shape.Positions);
            bool apart = settings.StyleCombination == StyleCombination.Losses;
            var targets = (apart ? aim.Uses.Select(u => new[] { u }) : new[] { aim.Uses.ToArray() }).Select(uses =>
            {
                var made = Target(layer, uses, pictures, owned);
                sources.AddRange(made);
                return new NeighborTarget(made[0].Target, apart ? uses[0].Share : 1, slot(), slot());
            }).ToList();
            terms.Add((aim.Layer, new NeighborTerm(layer, part, settings.Cover, targets, grids, blocks, clock, owned)));
        }
        foreach (var picture in sources.GroupBy(s => (s.Use.Style, s.Turn))) Gather(pictures[picture.Key.Style].Pixels, picture.Key.Turn, [.. picture]);
        Tensor[] samples = [.. sources.SelectMany(s => s.Target).Distinct()];
        share?.Sum(samples);
        SampleGather.Center(samples);
        return terms;
    }

    /// <summary>
    /// Floating-point operations of an evaluation's matches, the painting being of the picture's size, at half their number: they take
    /// about as long as half as many of a convolution by Winograd's transforms.
    /// </summary>
    public static double Flops(LayerTable table, ObjectiveSettings settings, int height, int width) =>
        settings.StyleLoss != StyleLossKind.Neighbors ? 0
        : settings.StyleLayers.Select(l => table.Output(l.Vgg, height, width)).Sum(s => (double)s.Channels
            * SampleGrids.Count(s.Height, s.Width, SampleGrids.OfPicture(settings.Samples, s)) * SampleGrids.Count(s.Height, s.Width, settings.Samples));

    /// <summary>Slots that the terms' losses need at most.</summary>
    public static int Slots(ObjectiveSettings settings, Guidance guidance) =>
        2 * settings.StyleLayers.Count * guidance.Regions.Sum(r => settings.StyleCombination == StyleCombination.Losses ? r.Styles.Count : 1);

    /// <summary>Room for the samples of some styles together, in proportion to their shares, and where they come from.</summary>
    List<Source> Target(VggLayer layer, IReadOnlyList<StyleUse> uses, IReadOnlyList<DevicePicture> pictures, TensorList owned)
    {
        var parts = new List<(StyleUse Use, PictureTurn Turn, SampleGrid[] Grids)>();
        double all = uses.Sum(u => u.Share);
        foreach (var use in uses)
            foreach (var turn in PictureTurn.Of(settings.Turns))
            {
                var shape = layer.Plane(pictures[use.Style].Shape.Height, pictures[use.Style].Shape.Width);
                int most = settings.Samples == 0 ? 0 : Math.Max(1, (int)Math.Round(settings.Samples * Math.Sqrt(use.Share / all)));
                var where = use.Where is { } map ? turn.Apply(map) : null;
                var (h, w) = turn.Swaps ? (shape.Width, shape.Height) : (shape.Height, shape.Width);
                var made = SampleGrids.Make(h, w, where, most, Seed(layer) + (ulong)(use.Style + 1), SampleGrids.MostKept, Rim(layer, h, w));
                parts.Add((use, turn, [.. made.Select(g => g.StrongOnly())]));
            }
        int grids = parts.Max(p => p.Grids.Length);
        var target = new Tensor[grids];
        int[][] firstRows = [.. parts.Select(_ => new int[grids])];
        for (int g = 0; g < grids; g++)
        {
            int rows = 0;
            for (int i = 0; i < parts.Count; i++)
            {
                firstRows[i][g] = rows;
                rows += parts[i].Grids[g % parts[i].Grids.Length].Points.Count;
            }
            target[g] = owned.Allocate(IMatching.Samples(rows, network.Table.Outputs(layer)));
        }
        return [.. parts.Select((p, i) => new Source(layer, p.Use, p.Turn, p.Grids, firstRows[i], target))];
    }

    /// <summary>Gathers a style picture's samples, or those of this device's band of it.</summary>
    void Gather(Tensor picture, PictureTurn turn, Source[] sources)
    {
        using var own = new TensorList(device);
        var turned = turn.Apply(picture, own);
        SampleGather.Add(network, turned, blockSize, BandOf(turned.Shape.Height, turned.Shape.Width), [.. sources.SelectMany(s =>
            s.Target.Select((rows, g) => new SampleRows(s.Layer,
                (block, tables) => s.Grids[g % s.Grids.Length].Map(block, s.Layer, tables, s.FirstRows[g]), rows)))]);
    }

    /// <summary>
    /// Positions along a painting's edges that are nobody's neighbors: half of those whose features have seen the padding around it, where
    /// the painting is large enough to do without.
    /// </summary>
    static int Rim(VggLayer layer, int height, int width)
    {
        int rim = PictureBlock.Margin(layer) / layer.Stride / 2;
        return Math.Min(height, width) >= 8 * rim ? rim : 0;
    }

    /// <summary>This device's part of a picture, if others share the work.</summary>
    Band? BandOf(int height, int width) => share?.Band(settings.Deepest(), height, width);

    ulong Seed(VggLayer layer) => settings.Seed(layer.Index);
}
