using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// Makes the terms of the style loss: one for each layer and region, or for each layer with <see cref="GuideStatistics.Sums"/>, with the statistics of the
/// style pictures as targets. A region has no part in a layer where it, or each of its styles, vanishes.
/// </summary>
internal sealed class StyleTerms(FeatureNetwork network, ObjectiveSettings settings, Guidance guidance, int height, int width,
    int blockSize, ObjectiveShare? share)
{
    readonly Device device = network.Device;
    readonly List<string> notes = [];

    /// <summary>What was left out, a line each.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>Slots that the terms' losses need at most.</summary>
    public static int Slots(ObjectiveSettings settings, Guidance guidance) =>
        settings.StyleLayers.Count * guidance.Regions.Sum(r => settings.StyleCombination == StyleCombination.Losses ? r.Styles.Count : 1);

    /// <summary>A style of a region at a layer, and the target that it is part of.</summary>
    sealed record Use(StyleUse Of, StyleTarget Target);

    /// <summary>What a style picture adds to a target: sums over its positions.</summary>
    sealed record Part(VggLayer Layer, Use Use, StyleTarget Sums);

    /// <summary>A region at a layer.</summary>
    sealed record Aim(int Layer, StyleRegion Region, GuideMap? Where, IReadOnlyList<Use> Uses);

    /// <summary>The terms, layer by layer.</summary>
    /// <param name="pictures">Style pictures [3,H,W].</param>
    /// <param name="scratch">Where terms under a guide scale features.</param>
    /// <param name="slot">Gives the next slot.</param>
    /// <param name="owned">Where all that the terms hold is allocated.</param>
    /// <returns>For each term the number of its layer among the settings', and the term.</returns>
    public IEnumerable<(int Layer, TapTerm Term)> Make(IReadOnlyList<DevicePicture> pictures, FeatureScratch scratch, Func<ScalarSlot> slot, TensorList owned)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pictures.Count);
        if (Stacked && (Separate || settings.StyleLoss != StyleLossKind.Gram))
            throw new RequestException("Guided sums compare Gram matrices, with styles combined as targets; "
                + "use these, or a Gram matrix for each region.");
        var blocks = settings.Blocks(height, width, blockSize, BandOf(height, width));
        var aims = Aims(pictures, owned);
        for (int i = 0; i < pictures.Count; i++) Accumulate(i, pictures[i], aims);
        return Stacked ? Stack(aims, blocks, scratch, slot, owned) : OneByOne(aims, blocks, scratch, slot, owned);
    }

    /// <summary>One term for each layer and region.</summary>
    IEnumerable<(int, TapTerm)> OneByOne(List<Aim> aims, IReadOnlyList<PictureBlock> blocks, FeatureScratch scratch, Func<ScalarSlot> slot, TensorList owned)
    {
        foreach (var aim in aims)
        {
            var layer = Layer(aim.Layer);
            var output = network.Table.Output(layer, height, width);
            long positions = output.Positions;
            StyleLoss[] losses = [.. aim.Uses.DistinctBy(u => u.Target).Select(use => StyleLoss.Make(settings, output.Channels,
                use.Target, Separate ? use.Of.Share : 1, slot(), owned))];
            // A region's positions count as much as they would if the whole picture were the region.
            double share = aim.Region.Weight * (aim.Where is null ? 1 : aim.Where.Mass / positions);
            var guide = aim.Where?.Upload(layer, blocks, scratch, owned);
            yield return (aim.Layer, new StyleTerm(layer, output.Channels, share, aim.Where?.Mass ?? positions, losses, guide, owned));
        }
    }

    /// <summary>One term for each layer, all regions' channels stacked on its features.</summary>
    IEnumerable<(int, TapTerm)> Stack(List<Aim> aims, IReadOnlyList<PictureBlock> blocks, FeatureScratch scratch, Func<ScalarSlot> slot, TensorList owned)
    {
        foreach (var ofLayer in aims.GroupBy(a => a.Layer))
        {
            var layer = Layer(ofLayer.Key);
            var output = network.Table.Output(layer, height, width);
            SummedRegion[] regions = [.. ofLayer.Select(a => new SummedRegion(a.Region.Weight, a.Where?.Mass ?? output.Positions, a.Where?.Upload(layer, blocks, scratch, owned), a.Uses[0].Target))];
            var covered = GuideMap.Together([.. ofLayer.Select(a => a.Where)], output.Height, output.Width)?.Upload(layer, blocks, scratch, owned);
            yield return (ofLayer.Key, new GuidedSumsTerm(layer, regions.Sum(r => r.Mass) / output.Positions, StyleLoss.FactorOf(settings,
                output.Channels), slot(), regions, covered, owned));
        }
    }

    /// <summary>This device's part of a picture, if others share the work.</summary>
    Band? BandOf(int height, int width) => share?.Band(settings.Deepest(), height, width);

    bool Stacked => settings.GuideStatistics == GuideStatistics.Sums && guidance.Regions.Any(r => r.Where is not null);

    bool Separate => settings.StyleCombination == StyleCombination.Losses;

    VggLayer Layer(int index) => settings.StyleLayers[index].Vgg;

    /// <summary>What there is to aim at, layer by layer, with empty targets.</summary>
    List<Aim> Aims(IReadOnlyList<DevicePicture> pictures, TensorList owned)
    {
        var aims = StyleAim.Make(settings, guidance, height, width, [.. pictures.Select(p => p.Shape)], Stacked ? map => map.Root() : null, notes);
        return aims.ConvertAll(aim =>
        {
            StyleTarget Target() => StyleTarget.Empty(owned, network.Table.Outputs(Layer(aim.Layer)), Stacked
                || settings.StyleLoss != StyleLossKind.Gram);
            var together = Separate ? null : Target();
            return new Aim(aim.Layer, aim.Region, aim.Where, [.. aim.Uses.Select(use => new Use(use, together ?? Target()))]);
        });
    }

    /// <summary>Adds a style picture's statistics to the targets that it is part of.</summary>
    void Accumulate(int style, DevicePicture picture, List<Aim> aims)
    {
        using var own = new TensorList(device);
        Part[] parts = [.. aims.SelectMany(a => a.Uses.Where(u => u.Of.Style == style).Select(u =>
            new Part(Layer(a.Layer), u, StyleTarget.Empty(own, network.Table.Outputs(Layer(a.Layer)), u.Target.Mean is not null))))];
        if (parts.Length > 0 && BandOf(picture.Shape.Height, picture.Shape.Width) is not { IsEmpty: true } and var band) AddStatistics(picture.Pixels, band, parts);
        share?.Sum([.. parts.SelectMany(p => p.Sums.Tensors)]);
        foreach (var part in parts)
            part.Use.Target.Add(part.Sums, (Separate ? 1 : part.Use.Of.Share) / (part.Use.Of
                .Where?.Mass ?? network.Table.Output(part.Layer, picture.Shape.Height, picture.Shape.Width).Positions));
    }

    /// <summary>Adds the sums over a picture, or over this device's band of it.</summary>
    void AddStatistics(Tensor picture, Band? band, Part[] parts)
    {
        using var pass = new FeaturePass(network, picture.Shape.Height, picture.Shape.Width, seeded: null, blockSize, band);
        using var own = new TensorList(device);
        var scratch = new FeatureScratch(network.Table, own, parts.Where(p => p.Use.Of.Where is not null).Select(p => p.Layer),
            pass.Blocks);
        Guide?[] guides = [.. parts.Select(p => p.Use.Of.Where?.Upload(p.Layer, pass.Blocks, scratch, own))];
        for (int block = 0; block < pass.Blocks.Count; block++)
            pass.Forward(block, picture, (layer, features, region) =>
            {
                for (int i = 0; i < parts.Length; i++)
                    if (parts[i].Layer == layer) guides[i].AddStatistics(block, features, region, parts[i].Sums.Gram, parts[i].Sums.Mean);
            });
    }
}
