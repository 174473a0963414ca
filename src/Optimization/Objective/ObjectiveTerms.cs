using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>The terms of an objective that look at the network's layers: content and style, whatever their kinds.</summary>
internal sealed class ObjectiveTerms
{
    readonly FeatureNetwork network;
    readonly ObjectiveSettings settings;
    readonly Guidance guidance;
    readonly Shape picture;
    readonly int blockSize;
    readonly ObjectiveShare? share;
    readonly Func<ScalarSlot> slot;
    readonly TensorList owned;
    readonly List<(int Layer, TapTerm Term)> content = [], style = [];
    readonly List<JointSamples> joints = [];
    readonly TapTerm[][] ofLayer;

    /// <summary>Makes the terms with their targets.</summary>
    /// <param name="network">The network, deep enough for every layer of the settings.</param>
    /// <param name="settings">What to minimize.</param>
    /// <param name="guidance">Which style goes where.</param>
    /// <param name="contentPicture">The content picture; unused without content layers.</param>
    /// <param name="styles">Style pictures; unused without style layers.</param>
    /// <param name="sought">The picture whose hypercolumns are looked for; null: the content.</param>
    /// <param name="picture">The shape of the result.</param>
    /// <param name="blockSize">The most that a block has on a side, in pixels, its margin apart; 0: the whole picture at once.</param>
    /// <param name="share">This device's part, of several.</param>
    /// <param name="slot">Gives the next slot for a sum.</param>
    /// <param name="owned">Frees what they allocate.</param>
    public ObjectiveTerms(FeatureNetwork network, ObjectiveSettings settings, Guidance guidance, DevicePicture? contentPicture,
        IReadOnlyList<DevicePicture> styles, DevicePicture? sought, Shape picture, int blockSize, ObjectiveShare? share,
        Func<ScalarSlot> slot, TensorList owned)
    {
        (this.network, this.settings, this.guidance, this.picture) = (network, settings, guidance, picture);
        (this.blockSize, this.share, this.slot, this.owned) = (blockSize, share, slot, owned);
        if (settings.ContentLayers.Count > 0)
            AddContent(contentPicture
                ?? throw new RequestException("There is no content picture to compare with; give one, or leave the content layers out."));
        if (settings.StyleLayers.Count > 0) AddStyle(styles, sought ?? contentPicture);
        if (settings.NormaliseGradients) Normalise();
        All = [.. content.Concat(style).Select(t => t.Term)];
        Joints = [.. joints];
        Statistics = [.. All.SelectMany(t => t.Statistics)];
        ofLayer = [.. Vgg19.Layers.Select(layer => All.Where(t => t.Layer == layer).ToArray())];
    }

    /// <summary>Slots that the terms of such settings take at most.</summary>
    public static int Slots(ObjectiveSettings settings, Guidance guidance)
    {
        int losses = settings.ContentLayers.Count + settings.StyleLoss switch
        {
            StyleLossKind.Neighbors => NeighborTerms.Slots(settings, guidance),
            StyleLossKind.Transport => Math.Max(TransportTerms.Slots(settings, guidance), StyleTerms.Slots(settings, guidance)),
            StyleLossKind.Hypercolumns => StyleTerms.Slots(settings, guidance),
            var kind => StyleLoss.ComparesStatistics(kind) ? StyleTerms.Slots(settings, guidance) : throw Unknown.Kind(kind),
        };
        // One for each loss, as many for norms, if any.
        return losses * (settings.NormaliseGradients ? 2 : 1);
    }

    /// <summary>Which of their samples are looked at.</summary>
    public SampleClock Clock { get; } = new();

    /// <summary>All of them, content first.</summary>
    public TapTerm[] All { get; }

    /// <summary>The sums over positions that several devices add up.</summary>
    public Tensor[] Statistics { get; }

    /// <summary>What looks at several layers at once.</summary>
    public JointSamples[] Joints { get; }

    /// <summary>What was left out, a line each.</summary>
    public IReadOnlyList<string> Notes { get; private set; } = [];

    /// <summary>Those that look at a layer.</summary>
    public TapTerm[] Of(VggLayer layer) => ofLayer[layer.Index];

    /// <summary>Those whose losses relative weights measure.</summary>
    public TapTerm[] Measured() =>
        [.. (RelativeWeights.ContentIs(settings) ? content : [])
            .Concat(RelativeWeights.StyleIs(settings) ? style : []).Select(t => t.Term)];

    /// <summary>Gives each its weight in the total.</summary>
    public void Weigh(ObjectiveSettings weights)
    {
        foreach (var (layer, term) in content) term.Weight = weights.ContentWeight * weights.ContentLayers[layer].Weight;
        foreach (var (layer, term) in style) term.Weight = weights.StyleWeight * weights.StyleLayers[layer].Weight;
    }

    /// <summary>The losses of an evaluation, from its sums; nothing changes by it.</summary>
    /// <param name="weights">The settings whose weights the total has.</param>
    /// <param name="sums">The sums.</param>
    /// <param name="variation">The total variation.</param>
    /// <param name="colors">The distance of the colors.</param>
    public Losses Losses(ObjectiveSettings weights, ReadOnlySpan<double> sums, double variation, double colors)
    {
        var (contentLayers, contentLoss) = Weighted(content, weights.ContentLayers, sums);
        var (styleLayers, styleLoss) = Weighted(style, weights.StyleLayers, sums);
        double total = weights.ColorWeight * colors + weights.ContentWeight * contentLoss + weights.StyleWeight * styleLoss
            + (weights.TvInTotal ? weights.TvWeight * variation : 0);
        return new(total, contentLoss, contentLayers, styleLoss, styleLayers, variation, colors);
    }

    /// <summary>Each layer's loss, its regions' together, and their weighted sum.</summary>
    static (double[] Layers, double Sum) Weighted(List<(int Layer, TapTerm Term)> terms, IReadOnlyList<LayerWeight> weights,
        ReadOnlySpan<double> sums)
    {
        var layers = new double[weights.Count];
        double sum = 0;
        foreach (var (layer, term) in terms) layers[layer] += term.Loss(sums);
        for (int i = 0; i < layers.Length; i++) sum += weights[i].Weight * layers[i];
        return (layers, sum);
    }

    void AddContent(DevicePicture photograph) => content.AddRange(settings.ContentForm switch
    {
        ContentForm.Cosine => CosineTerms.Make(network, settings, photograph, blockSize, Clock, share, slot, owned),
        ContentForm.SelfSimilarity => SelfSimilarityTerms.Make(network, settings, photograph, blockSize, Clock, share, slot, joints, owned),
        ContentForm.HalfSum or ContentForm.HalfSumOverRoot or ContentForm.Mean or ContentForm.Relative =>
            ContentTerms.Make(network, settings, photograph, blockSize, share, slot, owned),
        var other => throw Unknown.Kind(other),
    });

    void AddStyle(IReadOnlyList<DevicePicture> paintings, DevicePicture? sought)
    {
        switch (settings.StyleLoss)
        {
            case StyleLossKind.Neighbors:
                var neighbors = new NeighborTerms(network, settings, guidance, Clock, blockSize, share);
                style.AddRange(neighbors.Make(paintings, picture.Height, picture.Width, slot, owned));
                Notes = neighbors.Notes;
                break;
            case StyleLossKind.Hypercolumns:
                var columns = new HypercolumnTerms(network, settings, guidance, blockSize, share);
                style.AddRange(columns.Make(paintings, sought ?? throw new RequestException(
                    "There is no picture whose places' neighbors could be looked for; give a content picture."), slot, owned));
                Notes = columns.Notes;
                break;
            case StyleLossKind.Transport:
                var transport = new TransportTerms(network, settings, guidance, Clock, blockSize, share);
                style.AddRange(transport.Make(paintings, picture, slot, joints, owned));
                Notes = transport.Notes;
                break;
            default:
                bool guided = guidance.Regions.Any(r => r.Where is not null);
                var scratch = new FeatureScratch(network.Table, owned, guided ? settings.StyleLayers.Select(l => l.Vgg) : [], Blocks());
                var statistics = new StyleTerms(network, settings, guidance, picture.Height, picture.Width, blockSize, share);
                style.AddRange(statistics.Make(paintings, scratch, slot, owned));
                Notes = statistics.Notes;
                break;
        }
    }

    /// <summary>Puts every term behind the norm of its gradient.</summary>
    void Normalise()
    {
        var scratch = new FeatureScratch(network.Table, owned, settings.Layers, Blocks());
        foreach (var list in new[] { content, style })
            for (int i = 0; i < list.Count; i++)
            {
                var (layer, term) = list[i];
                list[i] = (layer, new NormalisedTerm(term, slot(), scratch.Of(term.Layer)));
            }
    }

    /// <summary>This device's blocks of the picture.</summary>
    IReadOnlyList<PictureBlock> Blocks() =>
        settings.Blocks(picture.Height, picture.Width, blockSize, share?.Band(settings.Deepest(), picture.Height, picture.Width));
}
