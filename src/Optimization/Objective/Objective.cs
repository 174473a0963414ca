using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// The function of the picture that is minimised, as a list of terms over the network's layers, plus total variation:
/// alpha L_content + beta L_style + gamma TV (equation 7). Made for one picture size. A picture that is too large for the device's memory
/// is evaluated in blocks, to the same result but for rounding: the Gram matrices are added up block by block, then each block
/// runs once more, forward and back, with their gradient known.
/// </summary>
public sealed class Objective : IStyleObjective
{
    readonly FeatureNetwork network;
    readonly FeaturePass pass;
    readonly IReadOnlyList<EvaluationStep> schedule;
    readonly ObjectiveTerms terms;
    readonly IColorTerm? color;
    readonly Action<VggLayer, Tensor, Region> measure, visit;
    readonly Action<VggLayer, Tensor, Region, Tensor> seed;
    readonly ScalarSlot tvSlot;
    readonly RepeatedOperations operations;
    readonly ObjectiveShare? share;
    readonly TensorList owned;
    readonly KeptPixels? keptPixels;
    readonly Tensor? pairs;
    ObjectiveSettings settings;
    int block, slots;

    /// <summary>Computes the targets and allocates everything an evaluation needs.</summary>
    /// <param name="network">The network, deep enough for every layer of the settings.</param>
    /// <param name="settings">What to minimise.</param>
    /// <param name="content">The content picture [3,H,W], RGB 0..255, at the size of the result; unused without content layers.</param>
    /// <param name="styles">Style pictures [3,H',W'], of any size; unused without style layers.</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="width">Width of the result.</param>
    /// <param name="extraSums">Further slots of <see cref="Sums"/>, for an optimiser's dot products.</param>
    /// <param name="blockSize">The most that a block has on a side, in pixels, its margin apart; 0: the whole picture at once.</param>
    /// <param name="guidance">Which style goes where; null: all of them everywhere.</param>
    public Objective(FeatureNetwork network, ObjectiveSettings settings, Tensor? content, IReadOnlyList<Tensor> styles, int height, int width, int extraSums = 0, int blockSize = 0, Guidance? guidance = null)
        : this(network, settings, content is null ? null : new DevicePicture(content), [.. styles.Select(s => new DevicePicture(s))],
            height, width, extraSums, blockSize, guidance, null, null)
    {
    }

    /// <summary>
    /// The same for one device of several, which must make and evaluate their objectives at the same time.
    /// Hypercolumns are those of another picture than the content if one is sought.
    /// </summary>
    internal Objective(FeatureNetwork network, ObjectiveSettings settings, DevicePicture? content, IReadOnlyList<DevicePicture> styles,
        int height, int width, int extraSums, int blockSize, Guidance? guidance, ObjectiveShare? share,
        DevicePicture? sought)
    {
        this.network = network;
        this.share = share;
        this.settings = settings;
        guidance ??= Guidance.Everywhere(settings, styles.Count);
        if (settings.Tiles && (settings.ContentLayers.Count > 0 || guidance.Kept is not null || guidance.Regions.Any(r => r.Where is not null)))
            throw new RequestException("A picture that tiles has no content picture and no masks; leave these out.");
        owned = new(network.Device);
        bool transport = settings.StyleLoss == StyleLossKind.Transport;
        int colors = transport ? PaletteTerm.Slots(settings, guidance) : ColorTerm.Slots(settings, guidance);
        // One more for the variation.
        FirstExtraSum = ObjectiveTerms.Slots(settings, guidance) + colors + 1;
        Sums = network.Device.AllocateScalars(FirstExtraSum + extraSums);
        // Made once: an evaluation allocates nothing.
        (visit, seed, measure) = (Visit, Seed, AddNorms);
        operations = new(network.Device, Run);
        try
        {
            terms = new(network, settings, guidance, content, styles, sought, new(3, height, width), blockSize, share, Slot, owned);
            if (guidance.Kept is { } mask) keptPixels = new(mask, content?.Pixels, height, width, owned);
            if (Leads && settings.TvKind == TotalVariationKind.EdgeAware)
                pairs = EdgeWeights.Of(
                    content?.Pixels ?? throw new RequestException("There is no content picture whose edges could be kept."), owned);
            if (Leads && settings is { ColorWeight: > 0, StyleLayers.Count: > 0 })
                color = transport
                    ? new PaletteTerm(settings, guidance, styles, height, width, terms.Clock, Slot, owned)
                    : new ColorTerm(settings, guidance, styles, height, width, Slot, owned);
            tvSlot = Slot();
            if (network.Device.HasValues) ReclaimPictures(height, width);
            pass = new FeaturePass(network, height, width, settings.Layers, blockSize, share?.Band(settings.Deepest(), height, width), settings.Tiles);
        }
        catch
        {
            owned.Dispose();
            Sums.Dispose();
            throw;
        }
        schedule = EvaluationSchedule.Of(settings, pass.Blocks.Count);
        terms.Weigh(settings);
    }

    /// <inheritdoc/>
    public Scalars Sums { get; }

    /// <inheritdoc/>
    public int FirstExtraSum { get; }

    /// <inheritdoc/>
    public double PixelScale => settings.PixelScale;

    /// <inheritdoc/>
    public bool Wraps => settings.Tiles;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes => terms.Notes;

    /// <inheritdoc/>
    public Shape Picture => pass.Picture;

    /// <inheritdoc/>
    public Device Device => network.Device;

    /// <inheritdoc/>
    public void Evaluate(Tensor picture, Tensor gradient)
    {
        terms.Clock.Evaluations++;
        // What several devices do in turns is nothing that one of them could repeat by itself, nor is what is another each time.
        if (share is not null || settings.IsSampled) Run(picture, gradient);
        else operations.Run(picture, gradient);
    }

    void Run(Tensor picture, Tensor gradient)
    {
        picture = Shown(picture);
        for (int i = 0; i < schedule.Count; i++)
        {
            var step = schedule[i];
            block = step.Block;
            switch (step.Action)
            {
                case EvaluationAction.Begin:
                    Begin(picture, gradient);
                    break;
                case EvaluationAction.AddStatistics:
                    pass.Forward(block, picture, visit);
                    break;
                case EvaluationAction.FinishStatistics:
                    Finish(gradient);
                    break;
                case EvaluationAction.AddNorms:
                    pass.Forward(block, picture, measure);
                    break;
                case EvaluationAction.AddNormsAgain:
                    pass.Show(block, measure);
                    break;
                case EvaluationAction.FinishNorms:
                    if (terms.All is [NormalisedTerm first, ..]) share?.Sum(Sums, first.Norm.Index, terms.All.Length);
                    break;
                case EvaluationAction.Forward:
                    pass.Forward(block, picture);
                    break;
                case EvaluationAction.Backward:
                    pass.Backward(block, seed, gradient);
                    break;
                case EvaluationAction.End:
                    keptPixels?.Mask(gradient);
                    break;
                default:
                    throw new InvalidOperationException($"An evaluation cannot {step.Action}.");
            }
        }
    }

    /// <summary>What is of the whole picture, and the beginning of statistics.</summary>
    void Begin(Tensor picture, Tensor gradient)
    {
        Sums.Clear();
        network.Device.Vectors.Fill(gradient, 0);
        if (Leads)
            network.Device.TotalVariation.Evaluate(settings.TvKind, picture, tvSlot, gradient, (float)(settings.TvWeight * TvFactor), pairs, settings.Tiles);
        if (color is not null) color.Evaluate(picture, gradient);
        foreach (var term in terms.All) term.Begin();
        foreach (var joint in terms.Joints) joint.Look(picture);
    }

    /// <summary>Statistics are those of the whole picture from here on.</summary>
    void Finish(Tensor gradient)
    {
        share?.Sum(terms.Statistics);
        foreach (var term in terms.All) term.Finish();
        foreach (var joint in terms.Joints) joint.GiveBack(gradient);
        // The leading device counts what has been added so far, which is of the whole picture.
        if (!Leads) Sums.Clear();
    }

    /// <inheritdoc/>
    public ObjectiveSettings Settings => settings;

    /// <inheritdoc/>
    public void Measure(Tensor picture, Tensor unused)
    {
        var measured = terms.Measured();
        terms.Clock.Evaluations = 1; // which looks where the first evaluation will
        Sums.Clear();
        if (Leads)
        {
            Device.Vectors.Fill(unused, 0);
            Device.TotalVariation.Evaluate(settings.TvKind, picture, tvSlot, unused, 0, pairs, settings.Tiles);
        }
        foreach (var term in measured) term.Begin();
        for (block = 0; measured.Length > 0 && block < pass.Blocks.Count; block++)
            pass.Forward(block, picture, (layer, features, region) =>
            {
                foreach (var term in measured.Where(t => t.Layer == layer))
                {
                    term.Visit(block, features, region);
                    term.Measure(block, features, region);
                }
            });
        share?.Sum([.. measured.SelectMany(t => t.Statistics)]);
        // What is of the whole picture counts once.
        if (Leads)
            foreach (var term in measured) term.Finish();
    }

    /// <inheritdoc/>
    public void Weigh(ObjectiveSettings weighed)
    {
        settings = weighed;
        terms.Weigh(weighed);
        terms.Clock.Evaluations = 0;
        operations.Forget();
    }

    /// <inheritdoc/>
    public int Evaluations
    {
        get => terms.Clock.Evaluations;
        set => terms.Clock.Evaluations = value;
    }

    /// <inheritdoc/>
    public Tensor Shown(Tensor picture) => keptPixels is null ? picture : keptPixels.Compose(picture);

    /// <inheritdoc/>
    public Losses Losses(ReadOnlySpan<double> sums) =>
        terms.Losses(settings, sums, sums[tvSlot.Index] * TvFactor, color?.Loss(sums) ?? 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        operations.Dispose();
        owned.Dispose();
        pass.Dispose();
        Sums.Dispose();
    }

    /// <summary>
    /// What masks, edges and pictures given whole were read into is garbage by now, as large as tensors are, and would stay: an
    /// optimisation allocates nothing, so that no collection comes by itself.
    /// </summary>
    static void ReclaimPictures(int height, int width)
    {
        const int Large = 1 << 20;
        if ((long)height * width >= Large) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
    }

    ScalarSlot Slot() => new(Sums, slots++);

    /// <summary>Whether what is of the whole picture counts here, not on another device.</summary>
    bool Leads => share is null or { Leads: true };

    /// <summary>The variation of the network's input is that of the picture times this.</summary>
    double TvFactor
    {
        get
        {
            double power = settings.TvKind == TotalVariationKind.Absolute ? 1 : 2;
            bool sum = settings.TvKind is not (TotalVariationKind.Means or TotalVariationKind.NinePoint);
            return Math.Pow(settings.PixelScale, power) / (settings.TvIsMean && sum ? Picture.Count : 1);
        }
    }

    void Visit(VggLayer layer, Tensor features, Region region)
    {
        foreach (var term in terms.Of(layer)) term.Visit(block, features, region);
    }

    void AddNorms(VggLayer layer, Tensor features, Region region)
    {
        foreach (var term in terms.Of(layer)) ((NormalisedTerm)term).AddNorm(block, features, region);
    }

    /// <summary>The gradient of the terms that look at a layer of the block whose backward pass it is.</summary>
    void Seed(VggLayer layer, Tensor features, Region region, Tensor gradient)
    {
        bool accumulate = false;
        foreach (var term in terms.Of(layer))
        {
            term.Gradient(block, features, region, gradient, accumulate);
            accumulate = true;
        }
        if (!accumulate) network.Device.Vectors.Fill(gradient, 0); // every region vanished here
    }
}
