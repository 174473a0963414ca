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
    readonly List<TapTerm> content = [], style = [];
    readonly TensorList targets = new([]);
    readonly TapTerm[] terms;
    readonly TapTerm[][] termsOf;
    readonly Action<VggLayer, Tensor, Region> visit;
    readonly Action<VggLayer, Tensor, Region, Tensor> seed;
    readonly ScalarSlot tvSlot;
    readonly RepeatedOperations evaluation;
    readonly int blockSize;
    readonly ObjectiveShare? share;
    readonly Tensor[] statistics;
    int block;

    /// <summary>Computes the targets and allocates everything an evaluation needs.</summary>
    /// <param name="network">The network, deep enough for every layer of the settings.</param>
    /// <param name="settings">What to minimise.</param>
    /// <param name="content">The content picture [3,H,W], RGB 0..255, at the size of the result; unused without content layers.</param>
    /// <param name="styles">Style pictures [3,H',W'], of any size, whose Gram matrices are averaged; unused without style layers.</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="width">Width of the result.</param>
    /// <param name="extraSums">Further slots of <see cref="Sums"/>, for an optimiser's dot products.</param>
    /// <param name="blockSize">The most that a block has on a side, in pixels, its margin apart; 0: the whole picture at once.</param>
    public Objective(FeatureNetwork network, ObjectiveSettings settings, Tensor? content, IReadOnlyList<Tensor> styles, int height, int width, int extraSums = 0, int blockSize = 0)
        : this(network, settings, content, styles, height, width, extraSums, blockSize, null)
    {
    }

    /// <summary>The same for one device of several, which must make and evaluate their objectives at the same time.</summary>
    internal Objective(FeatureNetwork network, ObjectiveSettings settings, Tensor? content, IReadOnlyList<Tensor> styles, int height, int width, int extraSums, int blockSize, ObjectiveShare? share)
    {
        this.network = network;
        this.share = share;
        this.settings = settings;
        this.blockSize = blockSize;
        int count = settings.ContentLayers.Count + settings.StyleLayers.Count + 1;
        Sums = network.Device.AllocateScalars(count + extraSums);
        tvSlot = new(Sums, count - 1);
        FirstExtraSum = count;
        (visit, seed) = (Visit, Seed); // made once: an evaluation allocates nothing
        evaluation = new(network.Device, Run);
        try
        {
            if (settings.ContentLayers.Count > 0) AddContent(content ?? throw new ArgumentNullException(nameof(content)));
            if (settings.StyleLayers.Count > 0) AddStyle(styles, height, width);
            ReclaimPictures(height, width);
            pass = new FeaturePass(network, height, width, settings.Layers, blockSize, BandOf(height, width));
        }
        catch
        {
            foreach (var term in this.content.Concat(style)) term.Dispose();
            targets.Dispose(); // those that no term has yet
            Sums.Dispose();
            throw;
        }
        terms = [.. this.content, .. style];
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
    public Shape Picture => pass.Picture;

    /// <inheritdoc/>
    public Device Device => network.Device;

    /// <inheritdoc/>
    public void Evaluate(Tensor picture, Tensor gradient)
    {
        // What several devices do in turns is nothing that one of them could repeat by itself.
        if (share is null) evaluation.Run(picture, gradient);
        else Run(picture, gradient);
    }

    void Run(Tensor picture, Tensor gradient)
    {
        Sums.Clear();
        network.Device.Vectors.Fill(gradient, 0);
        if (share is null or { Leads: true })
            network.Device.TotalVariation.Evaluate(settings.TvKind, picture, tvSlot, gradient, (float)(settings.TvWeight * TvFactor));
        foreach (var term in terms) term.Begin();
        int last = pass.Blocks.Count - 1;
        bool twice = style.Count > 0;
        for (block = 0; twice && block <= last; block++) pass.Forward(block, picture, visit);
        share?.Sum(statistics);
        foreach (var term in terms) term.Finish();
        // What has been added so far is of the whole picture and counts once.
        if (share is { Leads: false }) Sums.Clear();
        // The last block's features are still there.
        for (block = last; block >= 0; block--)
        {
            if (block < last || !twice) pass.Forward(block, picture);
            pass.Backward(block, seed, gradient);
        }
    }

    /// <summary>
    /// Floating-point operations of an evaluation's convolutions, counting the blocks' margins and, where there are several, the style pass before; those
    /// of one device if there is a <paramref name="band"/>.
    /// </summary>
    public static double Flops(ObjectiveSettings settings, int height, int width, int blockSize = 0, Band? band = null)
    {
        double once = FeaturePass.Flops(settings.Deepest(), height, width, blockSize, band);
        int blocks = PictureBlock.Cut(settings.Deepest(), height, width, blockSize, band).Count;
        return once * (settings.StyleLayers.Count > 0 ? 3 - 1.0 / blocks : 2);
    }

    /// <inheritdoc/>
    public Losses Losses(ReadOnlySpan<double> sums)
    {
        var (contentLayers, contentLoss) = Weighted(content, settings.ContentLayers, sums);
        var (styleLayers, styleLoss) = Weighted(style, settings.StyleLayers, sums);
        double tv = sums[tvSlot.Index] * TvFactor;
        double total = settings.ContentWeight * contentLoss + settings.StyleWeight * styleLoss + (settings.TvInTotal ? settings.TvWeight * tv : 0);
        return new(total, contentLoss, contentLayers, styleLoss, styleLayers, tv);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        evaluation.Dispose();
        foreach (var term in terms) term.Dispose();
        pass.Dispose();
        Sums.Dispose();
    }

    /// <summary>
    /// What the caller read its pictures into is garbage by now, as large as tensors are, and would stay: an optimisation allocates nothing, so
    /// that no collection comes by itself.
    /// </summary>
    static void ReclaimPictures(int height, int width)
    {
        const int Large = 1 << 20;
        if ((long)height * width >= Large) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
    }

    /// <summary>The variation of the network's input is that of the picture times this.</summary>
    double TvFactor => Math.Pow(settings.PixelScale, settings.TvKind == TotalVariationKind.Absolute ? 1 : 2) / (settings.TvIsMean ? Picture.Count : 1);

    void Visit(VggLayer layer, Tensor features, Region region)
    {
        foreach (var term in termsOf[layer.Index]) term.Visit(features, region);
    }

    /// <summary>The gradient of the terms that look at a layer of the block that is on its way back.</summary>
    void Seed(VggLayer layer, Tensor features, Region region, Tensor gradient)
    {
        bool accumulate = false;
        foreach (var term in termsOf[layer.Index])
        {
            term.Gradient(block, features, region, gradient, accumulate);
            accumulate = true;
        }
    }

    void AddContent(Tensor picture)
    {
        var targets = settings.ContentLayers.Select(l => l.Vgg).Distinct().ToDictionary(l => l, _ => new List<Tensor>());
        VisitOnce(picture, targets.Keys, (layer, features, region) =>
        {
            var target = Allocate(region.Of(features.Shape));
            network.Device.Vectors.CopyPart(features, region, target);
            targets[layer].Add(target);
        });
        foreach (var l in settings.ContentLayers)
            content.Add(new ContentTerm(l.Vgg, settings.ContentWeight * l.Weight, new(Sums, content.Count), settings.ContentForm, targets[l.Vgg], l.Vgg.Output(picture.Shape.Height, picture.Shape.Width).Count));
    }

    void AddStyle(IReadOnlyList<Tensor> pictures, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pictures.Count);
        var device = network.Device;
        var targets = settings.StyleLayers.Select(l => l.Vgg).Distinct().ToDictionary(l => l, l => Allocate(Shape.Matrix(l.OutputChannels)));
        foreach (var picture in pictures)
        {
            var grams = targets.ToDictionary(t => t.Key, t => Allocate(t.Value.Shape));
            VisitOnce(picture, targets.Keys, (layer, features, region) => device.Gram.Accumulate(features, region, grams[layer]));
            share?.Sum([.. grams.Values]);
            foreach (var (layer, gram) in grams)
            {
                long positions = layer.Output(picture.Shape.Height, picture.Shape.Width).Positions;
                device.Vectors.Combine([targets[layer], gram], [1, 1.0 / positions / pictures.Count], targets[layer]);
                gram.Dispose();
            }
        }
        foreach (var l in settings.StyleLayers)
            style.Add(new StyleTerm(l.Vgg, settings.StyleWeight * l.Weight, new(Sums, content.Count + style.Count), settings.StyleForm, targets[l.Vgg], l.Vgg.Output(height, width).Positions));
    }

    Tensor Allocate(Shape shape)
    {
        var tensor = network.Device.Allocate(shape);
        targets.Add(tensor);
        return tensor;
    }

    /// <summary>This device's part of a picture, if others share the work.</summary>
    Band? BandOf(int height, int width) => share?.Band(settings.Deepest(), height, width);

    /// <summary>Shows the features of a picture's blocks, of those alone that are this device's.</summary>
    void VisitOnce(Tensor picture, ICollection<VggLayer> layers, Action<VggLayer, Tensor, Region> visit)
    {
        var band = BandOf(picture.Shape.Height, picture.Shape.Width);
        if (band is { IsEmpty: true }) return;
        using var forward = new FeaturePass(network, picture.Shape.Height, picture.Shape.Width, seeded: null, blockSize, band);
        for (int block = 0; block < forward.Blocks.Count; block++)
            forward.Forward(block, picture, (layer, features, region) =>
            {
                if (layers.Contains(layer)) visit(layer, features, region);
            });
    }

    static (double[] Layers, double Sum) Weighted(List<TapTerm> terms, IReadOnlyList<LayerWeight> weights, ReadOnlySpan<double> sums)
    {
        var layers = new double[terms.Count];
        double sum = 0;
        for (int i = 0; i < layers.Length; i++) sum += weights[i].Weight * (layers[i] = terms[i].Loss(sums));
        return (layers, sum);
    }
}
