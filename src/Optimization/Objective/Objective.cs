using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// The function of the picture that is minimised, as a list of terms over the network's layers, plus total variation:
/// alpha L_content + beta L_style + gamma TV (equation 7). Made for one picture size.
/// </summary>
public sealed class Objective : IDisposable
{
    readonly FeatureNetwork network;
    readonly FeaturePass pass;
    readonly ObjectiveSettings settings;
    readonly List<TapTerm> content = [], style = [];
    readonly ILookup<VggLayer, TapTerm> terms;
    readonly ScalarSlot tvSlot;

    /// <summary>Computes the targets and allocates everything an evaluation needs.</summary>
    /// <param name="network">The network, deep enough for every layer of the settings.</param>
    /// <param name="settings">What to minimise.</param>
    /// <param name="content">The content picture [3,H,W], RGB 0..255, at the size of the result; unused without content layers.</param>
    /// <param name="styles">Style pictures [3,H',W'], of any size, whose Gram matrices are averaged; unused without style layers.</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="width">Width of the result.</param>
    /// <param name="extraSums">Further slots of <see cref="Sums"/>, for an optimiser's dot products.</param>
    public Objective(FeatureNetwork network, ObjectiveSettings settings, Tensor? content, IReadOnlyList<Tensor> styles, int height, int width, int extraSums = 0)
    {
        this.network = network;
        this.settings = settings;
        int count = settings.ContentLayers.Count + settings.StyleLayers.Count + 1;
        Sums = network.Device.AllocateScalars(count + extraSums);
        tvSlot = new(Sums, count - 1);
        FirstExtraSum = count;
        if (settings.ContentLayers.Count > 0) AddContent(content ?? throw new ArgumentNullException(nameof(content)));
        if (settings.StyleLayers.Count > 0) AddStyle(styles, height, width);
        terms = this.content.Concat(this.style).ToLookup(t => t.Layer);
        pass = new FeaturePass(network, height, width, backward: true);
    }

    /// <summary>The sums of an evaluation; an optimiser adds its own behind <see cref="FirstExtraSum"/> and reads them all at once.</summary>
    public Scalars Sums { get; }

    /// <summary>The first slot of <see cref="Sums"/> that is not the objective's.</summary>
    public int FirstExtraSum { get; }

    /// <summary>
    /// The network's units in one unit of the picture. The peers optimise the network's input; first steps and learning rates
    /// mean what they mean there when this is taken into account.
    /// </summary>
    public double PixelScale => settings.PixelScale;

    /// <summary>The shape of the picture.</summary>
    public Shape Picture => pass.Picture;

    /// <summary>The device everything lies on.</summary>
    public Device Device => network.Device;

    /// <summary>
    /// Queues one evaluation: losses into <see cref="Sums"/>, which is cleared first, and the gradient of the total with respect
    /// to the picture into <paramref name="gradient"/> [3,H,W], which is overwritten. Does not wait.
    /// </summary>
    public void Evaluate(Tensor picture, Tensor gradient)
    {
        Sums.Clear();
        network.Device.Vectors.Fill(gradient, 0);
        network.Device.TotalVariation.Evaluate(settings.TvKind, picture, tvSlot, gradient, (float)(settings.TvWeight * TvFactor));
        foreach (var term in AllTerms) term.Begin();
        pass.Forward(picture, (layer, features) =>
        {
            foreach (var term in terms[layer]) term.Visit(features, Region.All(features.Shape));
        });
        foreach (var term in AllTerms) term.Finish();
        pass.Backward(Seed, gradient);
    }

    /// <summary>The losses, from the sums that <see cref="Scalars.Read"/> gave.</summary>
    public Losses Losses(ReadOnlySpan<double> sums)
    {
        var (contentLayers, contentLoss) = Weighted(content, settings.ContentLayers, sums);
        var (styleLayers, styleLoss) = Weighted(style, settings.StyleLayers, sums);
        double tv = sums[tvSlot.Index] * TvFactor;
        double total = settings.ContentWeight * contentLoss + settings.StyleWeight * styleLoss + (settings.TvInTotal ? settings.TvWeight * tv : 0);
        return new(total, contentLoss, contentLayers, styleLoss, styleLayers, tv);
    }

    /// <summary>Waits for the device and gives the losses of the last evaluation.</summary>
    public Losses ReadLosses()
    {
        var sums = new double[Sums.Count];
        Sums.Read(sums);
        return Losses(sums);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var term in AllTerms) term.Dispose();
        pass.Dispose();
        Sums.Dispose();
    }

    /// <summary>The variation of the network's input is that of the picture times this.</summary>
    double TvFactor => Math.Pow(settings.PixelScale, settings.TvKind == TotalVariationKind.Absolute ? 1 : 2) / (settings.TvIsMean ? Picture.Count : 1);

    IEnumerable<TapTerm> AllTerms => content.Concat(style);

    bool Seed(VggLayer layer, Tensor features, Tensor gradient)
    {
        bool seeded = false;
        foreach (var term in terms[layer])
        {
            term.Gradient(features, Region.All(features.Shape), gradient, accumulate: seeded);
            seeded = true;
        }
        return seeded;
    }

    void AddContent(Tensor picture)
    {
        var targets = new Dictionary<VggLayer, Tensor>();
        VisitOnce(picture, settings.ContentLayers, (layer, features) =>
        {
            targets[layer] = network.Device.Allocate(features.Shape);
            network.Device.Vectors.Copy(features, targets[layer]);
        });
        foreach (var l in settings.ContentLayers)
            content.Add(new ContentTerm(l.Vgg, settings.ContentWeight * l.Weight, new(Sums, content.Count), settings.ContentForm, targets[l.Vgg]));
    }

    void AddStyle(IReadOnlyList<Tensor> pictures, int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfZero(pictures.Count);
        var device = network.Device;
        var targets = settings.StyleLayers.Select(l => l.Vgg).Distinct().ToDictionary(l => l, l => device.Allocate(Shape.Matrix(l.OutputChannels)));
        foreach (var picture in pictures)
            VisitOnce(picture, settings.StyleLayers, (layer, features) =>
            {
                using var gram = device.Allocate(targets[layer].Shape);
                device.Gram.Accumulate(features, Region.All(features.Shape), gram);
                device.Vectors.Combine([targets[layer], gram], [1, 1.0 / features.Shape.Positions / pictures.Count], targets[layer]);
            });
        foreach (var l in settings.StyleLayers)
            style.Add(new StyleTerm(l.Vgg, settings.StyleWeight * l.Weight, new(Sums, content.Count + style.Count), settings.StyleForm, targets[l.Vgg], l.Vgg.Output(height, width).Positions));
    }

    void VisitOnce(Tensor picture, IReadOnlyList<LayerWeight> layers, Action<VggLayer, Tensor> visit)
    {
        var wanted = layers.Select(l => l.Vgg).ToHashSet();
        using var forward = new FeaturePass(network, picture.Shape.Height, picture.Shape.Width, backward: false);
        forward.Forward(picture, (layer, features) =>
        {
            if (wanted.Contains(layer)) visit(layer, features);
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
