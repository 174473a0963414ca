using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;

namespace GpuStyle.Tests.Optimization;

/// <summary>
/// Objectives whose deepest style layer has a small share of the total at the picture they are made for, on pictures and weights made by formula: its weight is
/// chosen so, and another's if that is asked for. Their gradients are a larger share of the whole.
/// </summary>
sealed class LagCase : IDisposable
{
    readonly FeatureNetwork network;

    public LagCase(Device device, PoolingKind pooling, string deepest, string junction, int height, int width, double share = 9e-4, double? firstShare = null, int small = 0)
    {
        Device = device;
        Owned = new(device);
        Shape = new(3, height, width);
        string[] layers = [.. ObjectiveSettings.FiveBlocks.TakeWhile(l => l != deepest), deepest];
        Settings = Presets.Find("gatys2016").Objective with { ContentLayers = [new(junction, 1)], StyleLayers = [.. layers.Select(l => new LayerWeight(l, 1))], TvWeight = 0.1, Pooling = pooling };
        network = new(device, OwnGolden.Weights, pooling, Settings.Deepest());
        Content = Owned.Allocate(Shape, OwnGolden.Pixels(Shape, 1));
        Style = Owned.Allocate(Shape, OwnGolden.Pixels(Shape, 2));
        Picture = Owned.Allocate(Shape, OwnGolden.Pixels(Shape, 3));
        double Of(double loss, ObjectiveSettings without) => Evaluate(Picture, without).Losses.Total / (loss * Settings.StyleWeight);
        if (firstShare is { } first) Settings = Weighing(small, first * Of(Evaluate(Picture).Losses.StyleLayers[small], Weighing(DeepWeighing(0), small, 0)));
        Settings = DeepWeighing(share * Of(Evaluate(Picture).Losses.StyleLayers[^1], DeepWeighing(0)));
        Assert.Equal(junction, LagLayers.Kept(device, Settings, 2, height, width)!.Junction.Relu);
    }

    public Device Device { get; }

    public TensorList Owned { get; }

    public Shape Shape { get; }

    public ObjectiveSettings Settings { get; }

    public Tensor Content { get; }

    public Tensor Style { get; }

    public Tensor Picture { get; }

    public ObjectiveSettings DeepWeighing(double weight) => Weighing(Settings.StyleLayers.Count - 1, weight);

    /// <summary>The settings with another weight of a style layer, counted from the first.</summary>
    public ObjectiveSettings Weighing(int layer, double weight) => Weighing(Settings, layer, weight);

    public Objective Make(int lag, int extraSums = 0, ObjectiveSettings? settings = null) =>
        new(network, settings ?? Settings, Content, [Style], Shape.Height, Shape.Width, extraSums, lag: lag);

    /// <summary>Losses and gradient of an objective that does not lag.</summary>
    public (Losses Losses, float[] Gradient) Evaluate(Tensor picture, ObjectiveSettings? settings = null)
    {
        using var objective = Make(1, 0, settings);
        return Evaluate(objective, picture);
    }

    public (Losses Losses, float[] Gradient) Evaluate(Objective objective, Tensor picture)
    {
        using var gradient = Device.Allocate(Shape);
        objective.Evaluate(picture, gradient);
        return (objective.ReadLosses(), Device.Download(gradient));
    }

    /// <summary>
    /// The deepest term's gradient as it comes down to the junction at <see cref="Picture"/>, carried on from there to another picture: by two passes that
    /// know of no lag.
    /// </summary>
    public float[] Carried(Tensor other)
    {
        VggLayer deepest = Settings.Deepest(), junction = LagLayers.Kept(Device, Settings, 2, Shape.Height, Shape.Width)!.Junction, above = Vgg19.Layers[junction.Index + 1];
        using TensorList own = new(Device);
        using var gradient = Device.Allocate(Shape);
        // Where nothing is pooled between, the layer above has it free of the junction's own ReLU.
        var seen = above.PooledInput ? junction : above;
        Tensor seenGradient = own.Allocate(seen.Output(Shape.Height, Shape.Width)), down = own.Allocate(junction.Output(Shape.Height, Shape.Width));
        using (var pass = new FeaturePass(network, Shape.Height, Shape.Width, [seen, deepest]))
        {
            Tensor? there = null;
            pass.Forward(0, Picture);
            pass.Backward(0, (layer, features, region, tensor, accumulate) =>
            {
                Assert.False(accumulate);
                if (layer == deepest) Device.Gram.Gradient(features, region, GramGradient(Settings.StyleLayers.Count - 1, features, region, own), tensor, accumulate: false);
                else Device.Vectors.Fill(there = tensor, 0);
            }, gradient, layer =>
            {
                if (layer.Index == seen.Index + 1) Device.Vectors.Copy(there!, seenGradient);
            });
        }
        if (above.PooledInput) Device.Vectors.Copy(seenGradient, down);
        else
        {
            var weights = OwnGolden.Weights.Layers[above.Index];
            using var filter = Device.Convolution.Prepare(weights.OutputChannels, weights.InputChannels, weights.Kernel, weights.Bias);
            Device.Convolution.Gradient(filter, seenGradient, down, null, accumulate: false);
        }
        return Down(junction, (_, _, tensor) => Device.Vectors.Copy(down, tensor), other);
    }

    /// <summary>The gradient of a style layer's term with respect to its features at <see cref="Picture"/>, carried on from there to another picture.</summary>
    public float[] CarriedOwn(int styleLayer, Tensor other)
    {
        using TensorList own = new(Device);
        var layer = Settings.StyleLayers[styleLayer].Vgg;
        var kept = own.Allocate(layer.Output(Shape.Height, Shape.Width));
        Down(layer, (features, region, tensor) =>
        {
            Device.Gram.Gradient(features, region, GramGradient(styleLayer, features, region, own), tensor, accumulate: false);
            Device.Vectors.Copy(tensor, kept);
        }, Picture);
        return Down(layer, (_, _, tensor) => Device.Vectors.Copy(kept, tensor), other);
    }

    /// <summary>A gradient with respect to a layer's features, the only one, brought to the picture.</summary>
    float[] Down(VggLayer layer, Action<Tensor, Region, Tensor> seed, Tensor picture)
    {
        using FeatureNetwork below = new(Device, OwnGolden.Weights, Settings.Pooling, layer);
        using var pass = new FeaturePass(below, Shape.Height, Shape.Width, [layer]);
        using var gradient = Device.Allocate(Shape);
        pass.Forward(0, picture);
        pass.Backward(0, (_, features, region, tensor, _) => seed(features, region, tensor), gradient);
        return Device.Download(gradient);
    }

    static ObjectiveSettings Weighing(ObjectiveSettings settings, int layer, double weight) =>
        settings with { StyleLayers = [.. settings.StyleLayers.Select((l, i) => i == layer ? l with { Weight = weight } : l)] };

    /// <summary>4 k (G - A), where the weighted loss is k times the sum of (G - A)^2: both pictures have the same number of positions.</summary>
    Tensor GramGradient(int styleLayer, Tensor features, Region region, TensorList own)
    {
        var weighed = Settings.StyleLayers[styleLayer];
        Tensor ofPicture = own.Allocate(Shape.Matrix(weighed.Vgg.OutputChannels)), ofStyle = own.Allocate(ofPicture.Shape);
        Device.Gram.Accumulate(features, region, ofPicture);
        using (var pass = new FeaturePass(network, Shape.Height, Shape.Width, seeded: null))
            pass.Forward(0, Style, (layer, seen, part) =>
            {
                if (layer == weighed.Vgg) Device.Gram.Accumulate(seen, part, ofStyle);
            });
        double[] difference = [.. Device.Download(ofPicture).Zip(Device.Download(ofStyle), (g, a) => (double)g - a)];
        double loss = Settings.StyleWeight * weighed.Weight * Evaluate(Picture).Losses.StyleLayers[styleLayer], k = loss / difference.Sum(d => d * d);
        return own.Allocate(ofPicture.Shape, [.. difference.Select(d => (float)(4 * k * d))]);
    }

    public void Dispose()
    {
        network.Dispose();
        Owned.Dispose();
        Device.Dispose();
    }
}
