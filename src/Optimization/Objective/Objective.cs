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
    readonly List<(int Layer, TapTerm Term)> content = [], style = [];
    readonly SampleClock clock = new();
    readonly List<JointSamples> joints = [];
    readonly IColorTerm? color;
    readonly TapTerm[] terms;
    readonly TapTerm[][] termsOf;
    readonly Action<VggLayer, Tensor, Region> measure, visit;
    readonly Action<VggLayer, Tensor, Region, Tensor> seed;
    readonly ScalarSlot tvSlot;
    readonly RepeatedOperations operations;
    readonly ObjectiveShare? share;
    readonly Tensor[] statistics;
    readonly int blockSize;
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
        this.blockSize = blockSize;
        guidance ??= Guidance.Everywhere(settings, styles.Count);
        if (settings.Tiles && (settings.ContentLayers.Count > 0 || guidance.Kept is not null || guidance.Regions.Any(r => r.Where is not null)))
            throw new RequestException("A picture that tiles has no content picture and no masks; leave these out.");
        int losses = settings.ContentLayers.Count + settings.StyleLoss switch
        {
            StyleLossKind.Neighbors => NeighborTerms.Slots(settings, guidance),
            StyleLossKind.Transport => Math.Max(TransportTerms.Slots(settings, guidance), StyleTerms.Slots(settings, guidance)),
            StyleLossKind.Gram or StyleLossKind.GramMoments or StyleLossKind.Covariance or StyleLossKind.Wasserstein
                or StyleLossKind.Hypercolumns => StyleTerms.Slots(settings, guidance),
            var other => throw Unknown.Kind(other),
        };
        owned = new(network.Device);
        // One for each loss, as many for norms, if any, and the variation's.
        FirstExtraSum = losses * (settings.NormaliseGradients ? 2 : 1) + (Transport ? PaletteTerm.Slots(settings, guidance) : ColorTerm.Slots(settings, guidance)) + 1;
        Sums = network.Device.AllocateScalars(FirstExtraSum + extraSums);
        // Made once: an evaluation allocates nothing.
        (visit, seed, measure) = (Visit, Seed, AddNorms);
        operations = new(network.Device, Run);
        try
        {
            if (settings.ContentLayers.Count > 0) AddContent(content ?? throw new ArgumentNullException(nameof(content)));
            if (settings.StyleLayers.Count > 0) AddStyle(styles, guidance, height, width, sought ?? content);
            if (guidance.Kept is { } mask) keptPixels = new(mask, content?.Pixels, height, width, owned);
            if (Leads && settings.TvKind == TotalVariationKind.EdgeAware) pairs = EdgeWeights.Of(content?.Pixels ?? throw new RequestException("There is no content picture whose edges could be kept."), owned);
            if (settings.NormaliseGradients) Normalise(height, width);
            if (Leads && settings is { ColorWeight: > 0, StyleLayers.Count: > 0 })
                color = Transport ? new PaletteTerm(settings, guidance, styles, height, width, clock, Slot, owned) : new ColorTerm(settings, guidance, styles, height, width, Slot, owned);
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
        terms = [.. this.content.Concat(style).Select(t => t.Term)];
        SetWeights();
        statistics = [.. terms.SelectMany(t => t.Statistics)];
        termsOf = [.. Vgg19.Layers.Select(layer => terms.Where(t => t.Layer == layer).ToArray())];
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
    public IReadOnlyList<string> Notes { get; private set; } = [];

    /// <inheritdoc/>
    public Shape Picture => pass.Picture;

    /// <inheritdoc/>
    public Device Device => network.Device;

    /// <inheritdoc/>
    public void Evaluate(Tensor picture, Tensor gradient)
    {
        clock.Evaluations++;
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
                    if (terms is [NormalisedTerm first, ..]) share?.Sum(Sums, first.Norm.Index, terms.Length);
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
        foreach (var term in terms) term.Begin();
        foreach (var joint in joints) joint.Look(picture);
    }

    /// <summary>Statistics are those of the whole picture from here on.</summary>
    void Finish(Tensor gradient)
    {
        share?.Sum(statistics);
        foreach (var term in terms) term.Finish();
        foreach (var joint in joints) joint.GiveBack(gradient);
        // The leading device counts what has been added so far, which is of the whole picture.
        if (!Leads) Sums.Clear();
    }

    /// <inheritdoc/>
    public ObjectiveSettings Settings => settings;

    /// <inheritdoc/>
    public void Measure(Tensor picture, Tensor unused)
    {
        var ofContent = RelativeWeights.ContentIs(settings) ? content : [];
        var ofStyle = RelativeWeights.StyleIs(settings) ? style : [];
        TapTerm[] measured = [.. ofContent.Concat(ofStyle).Select(t => t.Term)];
        clock.Evaluations = 1; // which looks where the first evaluation will
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
        SetWeights();
        clock.Evaluations = 0;
        operations.Forget();
    }

    /// <inheritdoc/>
    public int Evaluations
    {
        get => clock.Evaluations;
        set => clock.Evaluations = value;
    }

    /// <inheritdoc/>
    public Tensor Shown(Tensor picture) => keptPixels is null ? picture : keptPixels.Compose(picture);

    /// <inheritdoc/>
    public Losses Losses(ReadOnlySpan<double> sums)
    {
        var (contentLayers, contentLoss) = Weighted(content, settings.ContentLayers, sums);
        var (styleLayers, styleLoss) = Weighted(style, settings.StyleLayers, sums);
        double tv = sums[tvSlot.Index] * TvFactor;
        double colors = color?.Loss(sums) ?? 0;
        double total = settings.ColorWeight * colors + settings.ContentWeight * contentLoss + settings.StyleWeight * styleLoss + (settings.TvInTotal ? settings.TvWeight * tv : 0);
        return new(total, contentLoss, contentLayers, styleLoss, styleLayers, tv, colors);
    }

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
        foreach (var term in termsOf[layer.Index]) term.Visit(block, features, region);
    }

    void AddNorms(VggLayer layer, Tensor features, Region region)
    {
        foreach (var term in termsOf[layer.Index]) ((NormalisedTerm)term).AddNorm(block, features, region);
    }

    /// <summary>The gradient of the terms that look at a layer of the block whose backward pass it is.</summary>
    void Seed(VggLayer layer, Tensor features, Region region, Tensor gradient)
    {
        bool accumulate = false;
        foreach (var term in termsOf[layer.Index])
        {
            term.Gradient(block, features, region, gradient, accumulate);
            accumulate = true;
        }
        if (!accumulate) network.Device.Vectors.Fill(gradient, 0); // every region vanished here
    }

    void SetWeights()
    {
        foreach (var (layer, term) in content) term.Weight = settings.ContentWeight * settings.ContentLayers[layer].Weight;
        foreach (var (layer, term) in style) term.Weight = settings.StyleWeight * settings.StyleLayers[layer].Weight;
    }

    bool Neighbors => settings.StyleLoss == StyleLossKind.Neighbors;

    bool Transport => settings.StyleLoss == StyleLossKind.Transport;

    void AddContent(DevicePicture picture) => content.AddRange(settings.ContentForm switch
    {
        ContentForm.Cosine => CosineTerms.Make(network, settings, picture, blockSize, clock, share, Slot, owned),
        ContentForm.SelfSimilarity => SelfSimilarityTerms.Make(network, settings, picture, blockSize, clock, share, Slot, joints, owned),
        ContentForm.HalfSum or ContentForm.HalfSumOverRoot or ContentForm.Mean or ContentForm.Relative =>
            ContentTerms.Make(network, settings, picture, blockSize, share, Slot, owned),
        var other => throw Unknown.Kind(other),
    });

    void AddStyle(IReadOnlyList<DevicePicture> pictures, Guidance guidance, int height, int width, DevicePicture? sought)
    {
        bool guided = guidance.Regions.Any(r => r.Where is not null);
        if (Neighbors)
        {
            var neighbors = new NeighborTerms(network, settings, guidance, clock, blockSize, share);
            style.AddRange(neighbors.Make(pictures, height, width, Slot, owned));
            Notes = neighbors.Notes;
            return;
        }
        if (settings.StyleLoss == StyleLossKind.Hypercolumns)
        {
            var columns = new HypercolumnTerms(network, settings, guidance, blockSize, share);
            style.AddRange(columns.Make(pictures, sought ?? throw new RequestException("There is no picture whose places' neighbors could be looked for; give a content picture."), Slot, owned));
            Notes = columns.Notes;
            return;
        }
        if (Transport)
        {
            var transport = new TransportTerms(network, settings, guidance, clock, blockSize, share);
            style.AddRange(transport.Make(pictures, new(3, height, width), Slot, joints, owned));
            Notes = transport.Notes;
            return;
        }
        var scratch = new FeatureScratch(network.Table, owned, guided ? settings.StyleLayers.Select(l => l.Vgg) : [], Blocks(height,
            width));
        var maker = new StyleTerms(network, settings, guidance, height, width, blockSize, share);
        style.AddRange(maker.Make(pictures, scratch, Slot, owned));
        Notes = maker.Notes;
    }

    /// <summary>This device's blocks of the picture.</summary>
    IReadOnlyList<PictureBlock> Blocks(int height, int width) => settings.Blocks(height, width, blockSize, share?.Band(settings.Deepest(), height, width));

    /// <summary>Puts every term behind the norm of its gradient.</summary>
    void Normalise(int height, int width)
    {
        var scratch = new FeatureScratch(network.Table, owned, settings.Layers, Blocks(height, width));
        foreach (var list in new[] { content, style })
            for (int i = 0; i < list.Count; i++)
            {
                var (layer, term) = list[i];
                list[i] = (layer, new NormalisedTerm(term, Slot(), scratch.Of(term.Layer)));
            }
    }

    /// <summary>Each layer's loss, its regions' together, and their weighted sum.</summary>
    static (double[] Layers, double Sum) Weighted(List<(int Layer, TapTerm Term)> terms, IReadOnlyList<LayerWeight> weights, ReadOnlySpan<double> sums)
    {
        var layers = new double[weights.Count];
        double sum = 0;
        foreach (var (layer, term) in terms) layers[layer] += term.Loss(sums);
        for (int i = 0; i < layers.Length; i++) sum += weights[i].Weight * layers[i];
        return (layers, sum);
    }
}
