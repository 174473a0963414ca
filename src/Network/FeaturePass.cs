using GpuStyle.Kernels;

namespace GpuStyle.Network;

/// <summary>
/// The network's buffers for one picture size, and the two directions through them. The features of every layer are kept for
/// the way back unless only the forward direction is wanted; then two buffers serve all layers in turn. A picture here may be
/// one block of a larger one: nothing depends on its being whole.
/// </summary>
public sealed class FeaturePass : IDisposable
{
    readonly FeatureNetwork network;
    readonly List<Tensor> owned = [];
    readonly Tensor input;
    readonly Tensor[] features, pooled;
    readonly Tensor[]? gradients, pooledGradients;

    /// <summary>Allocates the buffers.</summary>
    /// <param name="network">The network to run.</param>
    /// <param name="height">The picture's height, at least 16 px for the deepest layers.</param>
    /// <param name="width">The picture's width.</param>
    /// <param name="backward">Whether <see cref="Backward"/> will be used.</param>
    public FeaturePass(FeatureNetwork network, int height, int width, bool backward)
    {
        this.network = network;
        Picture = new Shape(3, height, width);
        Region.All(Layer(network.Depth - 1).Output(height, width)).CheckedIn(Layer(network.Depth - 1).Output(height, width));
        input = Own(network.Device.Allocate(Picture));
        var shapes = Shapes(network.Depth, height, width);
        features = backward ? [.. shapes.Select(s => Own(network.Device.Allocate(s)))] : Alternating(shapes);
        var poolings = Poolings(network.Depth).Select(l => IPooling.Output(shapes[l])).ToArray();
        pooled = Sharing(poolings);
        if (!backward) return;
        gradients = Alternating(shapes);
        pooledGradients = Sharing(poolings);
    }

    /// <summary>The shape of the picture.</summary>
    public Shape Picture { get; }

    /// <summary>
    /// Runs the network on a picture [3,H,W] (RGB, 0..255). <paramref name="visit"/> sees each layer's ReLU output as soon as it
    /// is queued; without the backward direction it is valid only during that call.
    /// </summary>
    public void Forward(Tensor picture, Action<VggLayer, Tensor> visit)
    {
        var device = network.Device;
        device.Vectors.SubtractMean(picture, network.Mean, input);
        var x = input;
        for (int l = 0; l < network.Depth; l++)
        {
            var layer = Layer(l);
            if (layer.PooledInput)
            {
                device.Pooling.Forward(network.Pooling, x, pooled[layer.PoolsBefore - 1]);
                x = pooled[layer.PoolsBefore - 1];
            }
            device.Convolution.Forward(network.Filter(l), x, features[l]);
            x = features[l];
            visit(layer, x);
        }
    }

    /// <summary>
    /// From gradients at the layers to the picture's, which is added to <paramref name="pictureGradient"/>. Call after
    /// <see cref="Forward"/>. <paramref name="seed"/> gets a layer, its features and a tensor; it overwrites the tensor with the
    /// loss's gradient with respect to those features and returns true, or leaves it and returns false.
    /// </summary>
    public void Backward(Func<VggLayer, Tensor, Tensor, bool> seed, Tensor pictureGradient)
    {
        if (gradients is null || pooledGradients is null) throw new InvalidOperationException("This pass was made for the forward direction alone.");
        var device = network.Device;
        Tensor? above = null;
        for (int l = network.Depth - 1; l >= 0; l--)
        {
            var gradient = gradients[l];
            bool seeded = seed(Layer(l), features[l], gradient);
            if (above is null)
            {
                if (!seeded) continue;
                device.Vectors.MaskByRelu(features[l], gradient);
            }
            else if (Layer(l + 1).PooledInput)
            {
                var below = pooledGradients[Layer(l).PoolsBefore];
                device.Convolution.Gradient(network.Filter(l + 1), above, below, null, accumulate: false);
                device.Pooling.Gradient(network.Pooling, features[l], below, gradient, accumulate: seeded);
            }
            else device.Convolution.Gradient(network.Filter(l + 1), above, gradient, features[l], accumulate: seeded);
            above = gradient;
        }
        if (above is not null) device.Convolution.Gradient(network.Filter(0), above, pictureGradient, null, accumulate: true);
    }

    /// <summary>Device storage that a pass takes, without allocating it.</summary>
    public static long StorageBytes(Device device, VggLayer deepest, int height, int width, bool backward)
    {
        int depth = deepest.Index + 1;
        var shapes = Shapes(depth, height, width);
        long Largest(IEnumerable<Shape> some) => some.Select(device.StorageBytes).DefaultIfEmpty().Max();
        long alternating = Largest(shapes.Where((_, l) => l % 2 == 0)) + Largest(shapes.Where((_, l) => l % 2 == 1));
        long pooling = Largest(Poolings(depth).Select(l => IPooling.Output(shapes[l])));
        long picture = device.StorageBytes(new(3, height, width));
        return picture + pooling + alternating + (backward ? shapes.Sum(device.StorageBytes) + pooling : 0);
    }

    /// <summary>Floating-point operations of the convolutions, forward and, if asked for, back to the picture.</summary>
    public static double Flops(VggLayer deepest, int height, int width, bool backward) =>
        Vgg19.Layers.Take(deepest.Index + 1).Sum(l => l.Flops(height, width)) * (backward ? 2 : 1);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in owned) tensor.Dispose();
    }

    static VggLayer Layer(int index) => Vgg19.Layers[index];

    static Shape[] Shapes(int depth, int height, int width) => [.. Vgg19.Layers.Take(depth).Select(l => l.Output(height, width))];

    /// <summary>The layers that are followed by a pooling, among the first ones.</summary>
    static IEnumerable<int> Poolings(int depth) => Enumerable.Range(0, depth - 1).Where(l => Layer(l + 1).PooledInput);

    /// <summary>Tensors of which neighbours never share storage: even and odd ones each have one buffer.</summary>
    Tensor[] Alternating(Shape[] shapes)
    {
        var tensors = new Tensor[shapes.Length];
        for (int parity = 0; parity < 2; parity++)
        {
            var views = Sharing([.. shapes.Where((_, l) => l % 2 == parity)]);
            for (int i = 0; i < views.Length; i++) tensors[2 * i + parity] = views[i];
        }
        return tensors;
    }

    /// <summary>Tensors that share one buffer.</summary>
    Tensor[] Sharing(Shape[] shapes)
    {
        if (shapes.Length == 0) return [];
        var buffer = Own(network.Device.Allocate(shapes.MaxBy(network.Device.StorageBytes)));
        return [.. shapes.Select(buffer.As)];
    }

    Tensor Own(Tensor tensor)
    {
        owned.Add(tensor);
        return tensor;
    }
}
