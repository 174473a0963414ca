using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// The function of the picture that is minimised, as a list of terms over the network's layers, plus total variation:
/// alpha L_content + beta L_style + gamma TV (equation 7). Made for one picture size. A picture that is too large for the device's memory
/// is evaluated in blocks, to the same result but for rounding: the Gram matrices are added up block by block, then each block
/// runs once more, forward and back, with their gradient known.
/// </summary>
public sealed class Objective : IObjective
{
    readonly FeatureNetwork network;
    readonly FeaturePass pass;
    readonly ObjectiveSettings settings;
    readonly List<(int Layer, TapTerm Term)> content = [], style = [];
    readonly VggLayer? junction;
    readonly TapTerm[] terms, shallow;
    readonly TapTerm[][] termsOf;
    readonly Action<VggLayer, Tensor, Region> visit, measure;
    readonly Action<VggLayer, Tensor, Region, Tensor, bool> seed;
    readonly ScalarSlot tvSlot;
    readonly RepeatedOperations evaluation;
    readonly RepeatedOperations? lagging;
    readonly GradientLag? lag;
    readonly ObjectiveShare? share;
    readonly Tensor[] statistics;
    readonly int blockSize;
    readonly TensorList owned;
    readonly KeptPixels? kept;
    readonly Tensor? pairs;
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
    /// <param name="lag">Evaluations that one gradient of the deepest layer serves, at most, where it hardly counts (<see cref="OptimizerSettings.Lag"/>); 1: no more than its own.</param>
    public Objective(FeatureNetwork network, ObjectiveSettings settings, Tensor? content, IReadOnlyList<Tensor> styles, int height, int width, int extraSums = 0, int blockSize = 0, Guidance? guidance = null, int lag = 1)
        : this(network, settings, content is null ? null : new DevicePicture(content), [.. styles.Select(s => new DevicePicture(s))], height, width, extraSums, blockSize, guidance, lag, null, null)
    {
    }

    /// <summary>The same with targets from a cache, or for one device of several, which must make and evaluate their objectives at the same time.</summary>
    internal Objective(FeatureNetwork network, ObjectiveSettings settings, DevicePicture? content, IReadOnlyList<DevicePicture> styles, int height, int width, int extraSums, int blockSize, Guidance? guidance, int lag, TransferCache? cache, ObjectiveShare? share)
    {
        this.network = network;
        this.share = share;
        this.settings = settings;
        this.blockSize = blockSize;
        guidance ??= Guidance.Everywhere(settings, styles.Count);
        int losses = settings.ContentLayers.Count + StyleTerms.Slots(settings, guidance);
        owned = new(network.Device);
        // One for each loss, as many for norms, if any, and the variation's.
        FirstExtraSum = losses * (settings.NormaliseGradients ? 2 : 1) + 1;
        Sums = network.Device.AllocateScalars(FirstExtraSum + extraSums);
        (visit, seed, measure) = (Visit, Seed, Measure); // made once: an evaluation allocates nothing
        evaluation = new(network.Device, (picture, gradient) => Run(picture, gradient, toJunction: false));
        try
        {
            if (settings.ContentLayers.Count > 0) this.content.AddRange(ContentTerms.Make(network, settings, content ?? throw new ArgumentNullException(nameof(content)), blockSize, cache, share, Slot, owned));
            if (settings.StyleLayers.Count > 0) AddStyle(styles, guidance, height, width, cache);
            if (guidance.Kept is { } mask) kept = new(mask, content?.Pixels, height, width, owned);
            if (Leads && settings.TvKind == TotalVariationKind.EdgeAware) pairs = EdgeWeights.Of(content?.Pixels ?? throw new ArgumentException("There is no content picture whose edges could be kept."), owned);
            if (settings.NormaliseGradients) Normalise(height, width);
            tvSlot = Slot();
            ReclaimPictures(height, width);
            junction = Junction(settings, lag, height, width, blockSize);
            pass = new FeaturePass(network, height, width, settings.Layers, blockSize, share?.Band(settings.Deepest(), height, width), junction);
        }
        catch
        {
            owned.Dispose();
            Sums.Dispose();
            throw;
        }
        terms = [.. this.content.Concat(style).Select(t => t.Term)];
        shallow = [.. terms.Where(t => t.Layer.Index <= junction?.Index)];
        if (junction is not null)
        {
            this.lag = new(lag, [.. terms.Except(shallow)]);
            lagging = new(network.Device, (picture, gradient) => Run(picture, gradient, toJunction: true));
        }
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
    public IReadOnlyList<string> Notes { get; private set; } = [];

    /// <inheritdoc/>
    public Shape Picture => pass.Picture;

    /// <inheritdoc/>
    public Device Device => network.Device;

    /// <inheritdoc/>
    public void Evaluate(Tensor picture, Tensor gradient)
    {
        lag?.Begin();
        // What several devices do in turns is nothing that one of them could repeat by itself.
        if (share is not null) Run(picture, gradient, toJunction: false);
        else if (lag is { Lags: true }) lagging!.Run(picture, gradient);
        else evaluation.Run(picture, gradient);
    }

    void Run(Tensor picture, Tensor gradient, bool toJunction)
    {
        var seen = toJunction ? shallow : terms;
        Sums.Clear();
        picture = Shown(picture);
        network.Device.Vectors.Fill(gradient, 0);
        if (Leads)
            network.Device.TotalVariation.Evaluate(settings.TvKind, picture, tvSlot, gradient, (float)(settings.TvWeight * TvFactor), pairs);
        foreach (var term in seen) term.Begin();
        int last = pass.Blocks.Count - 1;
        bool there = style.Count > 0;
        for (block = 0; there && block <= last; block++) pass.Forward(block, picture, visit, toJunction);
        share?.Sum(statistics);
        foreach (var term in seen) term.Finish();
        // What has been added so far is of the whole picture and counts once.
        if (!Leads) Sums.Clear();
        if (settings.NormaliseGradients)
        {
            there = ShowAgain(picture, last, there);
            if (terms is [NormalisedTerm first, ..]) share?.Sum(Sums, first.Norm.Index, terms.Length);
        }
        // The last block's features are still there.
        for (block = last; block >= 0; block--)
        {
            if (block < last || !there) pass.Forward(block, picture, toJunction: toJunction);
            pass.Backward(block, seed, gradient, toJunction: toJunction);
        }
        kept?.Mask(gradient);
    }

    /// <inheritdoc/>
    public Tensor Shown(Tensor picture) => kept is null ? picture : kept.Compose(picture);

    /// <summary>
    /// The layer that evaluations may end at where the deepest one hardly counts (<see cref="OptimizerSettings.Lag"/>): the deepest but one; null if they never
    /// may (<see cref="WhyNoJunction"/>).
    /// </summary>
    public static VggLayer? Junction(ObjectiveSettings settings, int lag, int height, int width, int blockSize = 0) =>
        lag > 1 && WhyNoJunction(settings, height, width, blockSize) is null ? Layers(settings)[^2] : null;

    /// <summary>
    /// Why no evaluation may end above the deepest layer, in words for users; null if some may. That layer must be one of style alone, and of Gram matrices or covariances, which are small
    /// where features are, and the picture must not be cut. Normalised gradients count for what their weights say, however small the losses.
    /// </summary>
    public static string? WhyNoJunction(ObjectiveSettings settings, int height, int width, int blockSize = 0) =>
        settings.NormaliseGradients ? "gradients are normalised"
        : settings.StyleLoss is not (StyleLossKind.Gram or StyleLossKind.Covariance) ? "it is for the style losses gram and covariance"
        : Layers(settings) is not [.., _, var deepest] ? "there is one layer only"
        : settings.ContentLayers.Any(l => l.Vgg == deepest) ? "content looks at the deepest layer"
        : PictureBlock.Cut(deepest, height, width, blockSize).Count > 1 ? "the picture is worked on in blocks"
        : null;

    static VggLayer[] Layers(ObjectiveSettings settings) => [.. settings.Layers.Distinct().OrderBy(l => l.Index)];

    /// <summary>
    /// Floating-point operations of an evaluation's convolutions, counting the blocks' margins and the passes before the way back: for style and, where features are not
    /// there any more, for the norms of gradients. The last such pass leaves one block's features. Those of one device if there is a <paramref name="band"/>;
    /// the mean of the whole and the shortened ones if there is a <paramref name="lag"/>.
    /// </summary>
    public static double Flops(ObjectiveSettings settings, int height, int width, int blockSize = 0, Band? band = null, int lag = 1)
    {
        double once = FeaturePass.Flops(settings.Deepest(), height, width, blockSize, band);
        int blocks = PictureBlock.Cut(settings.Deepest(), height, width, blockSize, band).Count;
        int passes = settings.StyleLayers.Count > 0 ? 1 : 0;
        if (settings.NormaliseGradients && (blocks > 1 || passes == 0)) passes++;
        if (Junction(settings, lag, height, width, blockSize) is { } junction) once += (lag - 1) * (FeaturePass.Flops(junction, height, width) - once) / lag;
        return once * (2 + passes - (passes > 0 ? 1.0 / blocks : 0));
    }

    /// <inheritdoc/>
    public Losses Losses(ReadOnlySpan<double> sums)
    {
        var (contentLayers, contentLoss) = Weighted(content, settings.ContentLayers, sums);
        var (styleLayers, styleLoss) = Weighted(style, settings.StyleLayers, sums);
        double tv = sums[tvSlot.Index] * TvFactor;
        double total = settings.ContentWeight * contentLoss + settings.StyleWeight * styleLoss + (settings.TvInTotal ? settings.TvWeight * tv : 0);
        if (lag is not null) lag.Total = total;
        return new(total, contentLoss, contentLayers, styleLoss, styleLayers, tv);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        evaluation.Dispose();
        lagging?.Dispose();
        owned.Dispose();
        pass.Dispose();
        Sums.Dispose();
    }

    /// <summary>
    /// What masks, edges and pictures given whole were read into is garbage by now, as large as tensors are, and would stay: an optimisation
    /// allocates nothing, so that no collection comes by itself.
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
            double power = settings.TvKind switch { TotalVariationKind.Absolute => 1, TotalVariationKind.Power => 2.5, _ => 2 };
            bool sum = settings.TvKind is not (TotalVariationKind.Means or TotalVariationKind.NinePoint);
            return Math.Pow(settings.PixelScale, power) / (settings.TvIsMean && sum ? Picture.Count : 1);
        }
    }

    void Visit(VggLayer layer, Tensor features, Region region)
    {
        foreach (var term in termsOf[layer.Index]) term.Visit(block, features, region);
    }

    /// <summary>Every block's features once more, for the norms of the terms' gradients, the last block's at the end. Returns whether they are there.</summary>
    bool ShowAgain(Tensor picture, int last, bool there)
    {
        for (block = 0; block <= last; block++)
            if (there && last == 0) pass.Show(block, measure);
            else pass.Forward(block, picture, measure);
        return true;
    }

    void Measure(VggLayer layer, Tensor features, Region region)
    {
        foreach (var term in termsOf[layer.Index]) ((NormalisedTerm)term).Measure(block, features, region);
    }

    /// <summary>The gradient of the terms that look at a layer of the block that is on its way back.</summary>
    void Seed(VggLayer layer, Tensor features, Region region, Tensor gradient, bool accumulate)
    {
        foreach (var term in termsOf[layer.Index])
        {
            term.Gradient(block, features, region, gradient, accumulate);
            accumulate = true;
        }
        if (!accumulate) network.Device.Vectors.Fill(gradient, 0); // every region vanished here
    }

    void AddStyle(IReadOnlyList<DevicePicture> pictures, Guidance guidance, int height, int width, TransferCache? cache)
    {
        bool guided = guidance.Regions.Any(r => r.Where is not null);
        var scratch = new FeatureScratch(owned, guided ? settings.StyleLayers.Select(l => l.Vgg) : [], Blocks(height, width));
        var maker = new StyleTerms(network, settings, guidance, height, width, blockSize, cache, share);
        style.AddRange(maker.Make(pictures, scratch, Slot, owned));
        Notes = maker.Notes;
    }

    /// <summary>This device's blocks of the picture.</summary>
    IReadOnlyList<PictureBlock> Blocks(int height, int width) => PictureBlock.Cut(settings.Deepest(), height, width, blockSize, share?.Band(settings.Deepest(), height, width));

    /// <summary>Puts every term behind the norm of its gradient.</summary>
    void Normalise(int height, int width)
    {
        var scratch = new FeatureScratch(owned, settings.Layers, Blocks(height, width));
        foreach (var (list, layers, weight) in new[] { (content, settings.ContentLayers, settings.ContentWeight), (style, settings.StyleLayers, settings.StyleWeight) })
            for (int i = 0; i < list.Count; i++)
            {
                var (layer, term) = list[i];
                list[i] = (layer, new NormalisedTerm(term, weight * layers[layer].Weight * term.Share, Slot(), scratch.Of(term.Layer)));
            }
    }

    /// <summary>Each layer's loss, its regions' together, and their weighted sum.</summary>
    (double[] Layers, double Sum) Weighted(List<(int Layer, TapTerm Term)> terms, IReadOnlyList<LayerWeight> weights, ReadOnlySpan<double> sums)
    {
        var layers = new double[weights.Count];
        double sum = 0;
        foreach (var (layer, term) in terms) layers[layer] += lag is null ? term.Loss(sums) : lag.Loss(term, sums);
        for (int i = 0; i < layers.Length; i++) sum += weights[i].Weight * layers[i];
        return (layers, sum);
    }
}
