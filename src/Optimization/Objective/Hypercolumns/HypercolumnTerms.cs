using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// Makes the terms of <see cref="StyleLossKind.Hypercolumns"/>: looks for each place's neighbor among the hypercolumns of its region's
/// paintings, turned or not, once, and keeps those.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="settings">What to minimize.</param>
/// <param name="guidance">Which style goes where.</param>
/// <param name="blockSize">As in <see cref="Objective"/>.</param>
/// <param name="share">This device's part, if others share the work.</param>
internal sealed class HypercolumnTerms(
    FeatureNetwork network, ObjectiveSettings settings, Guidance guidance, int blockSize, ObjectiveShare? share)
{
    readonly Device device = network.Device;
    readonly ColumnLayout layout = new(network.Table, settings.StyleLayers);
    readonly List<string> notes = [];

    /// <summary>What was left out, a line each.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>A painting, turned or not, and its places.</summary>
    sealed record Source(int Style, PictureTurn Turn, List<ColumnPoint> Points);

    /// <summary>The terms, each with the number of its layer among the settings'.</summary>
    /// <param name="pictures">Style pictures [3,H,W].</param>
    /// <param name="sought">The picture [3,H,W], of the result's size, whose places' neighbors are looked for.</param>
    /// <param name="slot">Gives the next slot.</param>
    /// <param name="owned">Where all that the terms hold is allocated.</param>
    public IEnumerable<(int Layer, TapTerm Term)> Make(
        IReadOnlyList<DevicePicture> pictures, DevicePicture sought, Func<ScalarSlot> slot, TensorList owned)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pictures.Count);
        var (_, height, width) = sought.Shape;
        // Masks go to the layer that has the grid's size.
        var atGrid = settings with { StyleLayers = [new(ColumnLayout.Grid.Relu, 1)] };
        var aims = StyleAim.Make(atGrid, guidance, height, width, [.. pictures.Select(p => p.Shape)], null, notes);
        var grid = ColumnLayout.Grid.Plane(height, width);
        var places = new ColumnPlaces(aims, grid);
        if (places.Points.Count == 0) return [];
        var targets = owned.Allocate(IMatching.Samples(places.Points.Count, layout.Length));
        using (var own = new TensorList(device))
        {
            var rows = own.Allocate(targets.Shape);
            layout.Gather(network, sought.Pixels, blockSize, BandOf(sought.Shape), places.Points, rows, settings.Tiles);
            share?.Sum([rows]);
            foreach (var region in places.Regions) Find(region, rows, pictures, targets);
        }
        share?.Sum([targets]);
        double part = 1.0 / layout.Parts.Count;
        double weight = settings.NormaliseGradients ? 1 : settings.StyleWeight * part * settings.StyleLayers.Sum(l => l.Weight);
        var column = new Hypercolumn(targets, places.Weights, grid.Positions, weight, slot(), owned);
        var blocks = settings.Blocks(height, width, blockSize, BandOf(sought.Shape));
        return [.. layout.Parts.Select((p, i) =>
        {
            SampleMap?[] maps = [.. blocks.Select(block => ColumnLayout.Map(p, sought.Shape, block, places.Points, owned))];
            return (i, (TapTerm)new HypercolumnTerm(p, column, i == 0, part, maps));
        })];
    }

    /// <summary>Puts the neighbors of a region's rows into the targets' rows.</summary>
    void Find(ColumnRegion region, Tensor rows, IReadOnlyList<DevicePicture> pictures, Tensor targets)
    {
        var sources = new List<Source>();
        int count = 0;
        foreach (var use in region.Aim.Uses)
            foreach (var turn in PictureTurn.Of(settings.Turns))
            {
                var where = use.Where is null ? null : turn.Apply(use.Where);
                var points = ColumnPlaces.OfStyle(turn.Apply(pictures[use.Style].Shape), where, count);
                sources.Add(new(use.Style, turn, points));
                count += points.Count;
            }
        int[] nearest;
        using (var others = device.Allocate(IMatching.Samples(count, layout.Length)))
        {
            foreach (var source in sources) Gather(source, source.Points, others);
            share?.Sum([others]);
            nearest = ColumnMatch.Find(rows, region.FirstRow, region.Count, others, ColumnMatch.Chunk(count));
        }
        // Once more: what they were without their mean is not what is aimed at, and both at once take much memory.
        var wanted = Enumerable.Range(0, region.Count).ToLookup(p => nearest[p], p => region.FirstRow + p);
        foreach (var source in sources)
        {
            List<ColumnPoint> found = [.. source.Points.SelectMany(place => wanted[place.Row].Select(row => place with { Row = row }))];
            if (found.Count > 0) Gather(source, found, targets);
        }

        void Gather(Source source, IReadOnlyList<ColumnPoint> points, Tensor to)
        {
            using var own = new TensorList(device);
            var picture = source.Turn.Apply(pictures[source.Style].Pixels, own);
            layout.Gather(network, picture, blockSize, BandOf(picture.Shape), points, to);
        }
    }

    /// <summary>This device's part of a picture, if others share the work.</summary>
    Band? BandOf(Shape picture) => share?.Band(settings.Deepest(), picture.Height, picture.Width);
}
