using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// Makes the terms of <see cref="StyleLossKind.Transport"/>: joint samples for each region, a term for each of their layers.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="settings">What to minimize.</param>
/// <param name="guidance">Which style goes where.</param>
/// <param name="clock">Says which pixels are looked at.</param>
/// <param name="blockSize">As in <see cref="Objective"/>.</param>
/// <param name="share">This device's part, if others share the work.</param>
internal sealed class TransportTerms(FeatureNetwork network, ObjectiveSettings settings, Guidance guidance, SampleClock clock,
    int blockSize, ObjectiveShare? share)
{
    readonly List<string> notes = [];

    /// <summary>What was left out, a line each.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>The terms, each with the number of its layer among the settings'.</summary>
    /// <param name="pictures">Style pictures [3,H,W].</param>
    /// <param name="picture">The shape of the result.</param>
    /// <param name="slot">Gives the next slot.</param>
    /// <param name="joints">Takes the samples that the terms share.</param>
    /// <param name="owned">Where all that the terms hold is allocated.</param>
    public IEnumerable<(int Layer, TapTerm Term)> Make(IReadOnlyList<DevicePicture> pictures, Shape picture, Func<ScalarSlot> slot,
        List<JointSamples> joints, TensorList owned)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pictures.Count);
        bool leads = share is null or { Leads: true };
        var columns = new JointColumns(network, settings.StyleLayers);
        var aims = TransportAim.Make(settings, guidance, picture.Height, picture.Width, [.. pictures.Select(p => p.Shape)], notes);
        var targets = aims.SelectMany(a => a.Targets).ToDictionary(t => t, t => owned.Allocate(IMatching.Samples(t.Rows, columns.Count)));
        for (int i = 0; i < pictures.Count; i++)
        {
            JointColumns.Rows[] rows = [.. targets.SelectMany(t =>
                t.Key.Uses.Where(u => u.Style == i).Select(u => new JointColumns.Rows(u.Pixels, u.FirstRow, t.Value)))];
            if (rows.Length > 0) columns.Gather(network, pictures[i].Pixels, rows, blockSize, BandOf(pictures[i].Shape), leads);
        }
        share?.Sum([.. targets.Values]);
        var blocks = settings.Blocks(picture.Height, picture.Width, blockSize, BandOf(picture));
        double weight = settings.NormaliseGradients ? 1 : settings.StyleWeight;
        var terms = new List<(int, TapTerm)>();
        foreach (var aim in aims)
        {
            var ofAim = aim.Targets.Select(t => (t.Share, targets[t], new TransportLoss.Slots(slot(), slot(), slot(), slot()))).ToList();
            var loss = new TransportLoss(weight * aim.Share, aim.Sets[0].Length, ofAim, owned);
            var joint = new JointSamples(columns, loss, aim.Sets, picture, blocks, leads, clock, owned);
            joints.Add(joint);
            terms.AddRange(settings.StyleLayers.Select((_, l) =>
                (l, (TapTerm)new JointTerm(joint, settings.StyleLayers, l, aim.Share))));
        }
        return terms;
    }

    /// <summary>
    /// Floating-point operations of an evaluation's products, at half their number, as those of <see cref="NeighborTerms.Flops"/>.
    /// </summary>
    public static double Flops(LayerTable table, ObjectiveSettings settings, int height, int width)
    {
        if (settings.StyleLoss != StyleLossKind.Transport || settings.StyleLayers.Count == 0) return 0;
        double rows = PixelSets.Count(height, width, settings.Samples).Pixels;
        double others = Math.Min((double)height * width, PixelSets.OfTarget(settings.Samples));
        double columns = JointColumns.CountOf(table, settings.StyleLayers);
        return rows * columns * (others + 2 * columns);
    }

    /// <summary>Slots that the terms' losses need at most.</summary>
    public static int Slots(ObjectiveSettings settings, Guidance guidance) =>
        TransportLoss.SlotsOfTarget * guidance.Regions.Sum(r => settings.StyleCombination == StyleCombination.Losses ? r.Styles.Count : 1);

    /// <summary>This device's part of a picture, if others share the work.</summary>
    Band? BandOf(Shape picture) => share?.Band(settings.Deepest(), picture.Height, picture.Width);
}
