using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>Scores a picture against its photograph and its painting.</summary>
/// <param name="device">Where to compute.</param>
/// <param name="weights">VGG-19; scores of other weights cannot be compared.</param>
/// <param name="blockSize">As in <see cref="Objective"/>.</param>
public sealed class PictureJudge(Device device, VggWeights weights, int blockSize = 0)
{
    const int Bins = 128;

    static readonly VggLayer[] OfContent = Find("relu4_1", "relu5_1"), OfGram = Find("relu2_1", "relu3_1", "relu4_1", "relu5_1"),
        OfPatches = Find("relu3_1", "relu4_1"), OfStructure = Find("relu3_1");

    /// <summary>All scores.</summary>
    /// <param name="picture">The picture, at its own size.</param>
    /// <param name="photograph">The photograph, at the picture's size.</param>
    /// <param name="painting">The painting, at its own size.</param>
    /// <param name="cancel">Ends it between two scores.</param>
    /// <exception cref="RequestException">A picture is too small to have a patch of 3x3 positions at relu4_1.</exception>
    public PictureScores Score(PictureSource picture, PictureSource photograph, PictureSource painting, CancellationToken cancel = default)
    {
        var (height, width) = (picture.Height, picture.Width);
        using var owned = new TensorList(device);
        float[][] pixels = [picture.AtSize(height, width), photograph.AtSize(height, width), painting.AtSize(painting.Height, painting.Width)];
        Tensor Upload(float[] values, int h, int w) => owned.Allocate(new(3, h, w), values);
        Tensor x = Upload(pixels[0], height, width), p = Upload(pixels[1], height, width), a = Upload(pixels[2], painting.Height, painting.Width);
        cancel.ThrowIfCancellationRequested();
        double fidelity, effects, patterns, structure;
        using (var network = new FeatureNetwork(device, weights, PoolingKind.Average, OfContent[^1]))
        {
            fidelity = Pairs(network, x, p, OfContent, FeatureRows.Of, (of, other) => Cosine(device.Download(of), device.Download(other)));
            effects = 0.5 * Pairs(network, x, a, OfGram, FeatureRows.Of, (of, other) => Cosine(Gram(of), Gram(other)))
                + 0.5 * Enumerable.Range(0, 3).Average(c => Cosine(Histogram(pixels[0], c), Histogram(pixels[2], c)));
            cancel.ThrowIfCancellationRequested();
            patterns = Pairs(network, x, a, OfPatches, FeatureRows.Patches, LocalPatterns.Score);
            cancel.ThrowIfCancellationRequested();
        }
        using (var network = new FeatureNetwork(device, weights, PoolingKind.Max, OfStructure[0]))
            structure = Pairs(network, x, p, OfStructure, FeatureRows.Of, (of, other) => RelationDivergence.Of(of, other, network.FeatureUnit));
        cancel.ThrowIfCancellationRequested();
        var distance = Losses(Presets.Find("gatys-pytorch").Objective, x, p, a);
        var near = PolishStage.Objective(new()) with { ContentLayers = [], Cover = 0, ColorWeight = 0 };
        double to = Losses(near, x, p, a).Style / near.StyleLayers.Count;
        double both = Losses(near with { Cover = 1 }, x, p, a).Style / near.StyleLayers.Count;
        return new(fidelity, effects, patterns, structure, 1000 * distance.Style, distance.Content, to, both - to);
    }

    /// <summary>The mean over layers of a score of two pictures' rows.</summary>
    double Pairs(FeatureNetwork network, Tensor picture, Tensor other, VggLayer[] layers,
        Func<FeatureNetwork, Tensor, int, VggLayer, TensorList, Tensor> rows, Func<Tensor, Tensor, double> score) =>
        layers.Average(layer =>
        {
            using var owned = new TensorList(device);
            return score(rows(network, picture, blockSize, layer, owned), rows(network, other, blockSize, layer, owned));
        });

    Losses Losses(ObjectiveSettings settings, Tensor picture, Tensor photograph, Tensor painting)
    {
        using var network = new FeatureNetwork(device, weights, settings.Pooling, settings.Deepest(), settings.PixelScale);
        using var objective = new Objective(network, settings, settings.ContentLayers.Count > 0 ? photograph : null, [painting],
            picture.Shape.Height, picture.Shape.Width, blockSize: blockSize);
        using var gradient = device.Allocate(picture.Shape);
        objective.Evaluate(picture, gradient);
        return objective.ReadLosses();
    }

    float[] Gram(Tensor rows)
    {
        using var gram = device.Allocate(Shape.Matrix(rows.Shape.Width));
        device.Samples.Multiply(rows, true, rows, false, 1.0 / rows.Shape.Height, gram, accumulate: false);
        return device.Download(gram);
    }

    /// <summary>How many values of a channel there are in each of 128 equal parts of its own range, as StyleEval counts.</summary>
    static float[] Histogram(float[] pixels, int channel)
    {
        var values = pixels.AsSpan(channel * (pixels.Length / 3), pixels.Length / 3);
        float least = float.MaxValue, most = float.MinValue;
        foreach (float v in values) (least, most) = (Math.Min(least, v), Math.Max(most, v));
        // NumPy's range of values that are all the same.
        if (least == most) (least, most) = (least - 0.5f, most + 0.5f);
        var counts = new float[Bins];
        foreach (float v in values) counts[Math.Min(Bins - 1, (int)((v - least) / (double)(most - least) * Bins))]++;
        return counts;
    }

    static double Cosine(float[] one, float[] other)
    {
        double product = 0, own = 0, others = 0;
        for (int i = 0; i < one.Length; i++)
        {
            product += one[i] * (double)other[i];
            own += one[i] * (double)one[i];
            others += other[i] * (double)other[i];
        }
        return own > 0 && others > 0 ? product / Math.Sqrt(own * others) : own == others ? 1 : 0;
    }

    static VggLayer[] Find(params string[] names) => [.. names.Select(Vgg19.Find)];
}
