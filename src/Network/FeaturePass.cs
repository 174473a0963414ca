using GpuStyle.Kernels;

namespace GpuStyle.Network;

/// <summary>
/// The network's buffers for a picture, and the two directions through it, block by block (<see cref="PictureBlock"/>). The features of
/// every layer are kept for the way back, where their gradient takes their place, unless a loss looks at them too; of those that only a pooling reads the device may
/// keep less (<see cref="Device.AllocateBeforePooling"/>). If only the forward direction is wanted, two buffers serve all layers in turn. The blocks share the buffers: one's way back comes before the next one's way
/// forward.
/// </summary>
public sealed class FeaturePass : IDisposable
{
    readonly FeatureNetwork network;
    readonly List<Tensor> owned = [];
    readonly Tensor[][] inputs, features, pooled;
    readonly Tensor[][]? gradients;
    readonly int[] seeds;

    /// <summary>Allocates the buffers.</summary>
    /// <param name="network">The network to run.</param>
    /// <param name="height">The picture's height, at least 16 px for the deepest layers.</param>
    /// <param name="width">The picture's width.</param>
    /// <param name="seeded">The layers that get a gradient of their own in <see cref="Backward"/>, the network's deepest among them; null: the forward direction alone.</param>
    /// <param name="blockSize">The most that a block owns on a side, in pixels; 0: the whole picture at once.</param>
    /// <param name="band">The part of the picture that is this device's, if not the whole.</param>
    /// <param name="wrap">Whether the picture wraps around, so that convolutions and poolings see its other side beyond each edge instead of padding.</param>
    public FeaturePass(
        FeatureNetwork network, int height, int width, IEnumerable<VggLayer>? seeded, int blockSize = 0, Band? band = null, bool wrap = false)
    {
        this.network = network;
        seeds = Places.Seeds(seeded);
        Picture = new Shape(3, height, width);
        var deepest = Layer(network.Depth - 1);
        Region.All(deepest.Output(height, width)).CheckedIn(deepest.Output(height, width));
        Blocks = PictureBlock.Cut(deepest, height, width, blockSize, band, wrap);
        try
        {
            Tensor[][][] views = [.. Places.All(network.Depth, seeded).Select(Views)];
            (inputs, features, pooled) = (views[0], views[1], views[2]);
            if (seeded is not null) gradients = views[3];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The shape of the picture.</summary>
    public Shape Picture { get; }

    /// <summary>The picture's blocks, or those of a band of it; one if it is not cut.</summary>
    public IReadOnlyList<PictureBlock> Blocks { get; }

    /// <summary>
    /// Runs the network on one block of a picture [3,H,W] (RGB, 0..255). <paramref name="visit"/> sees each layer's ReLU output as
    /// soon as it is queued, and which part of it the block owns; without the backward direction it is valid only during that call, and with it only those
    /// of seeded layers may be looked at.
    /// </summary>
    public void Forward(int block, Tensor picture, Action<VggLayer, Tensor, Region>? visit = null)
    {
        var device = network.Device;
        if (picture.Shape != Picture) throw new ArgumentException($"A pass over {Picture} cannot take {picture.Shape}.", nameof(picture));
        var here = Blocks[block];
        var x = inputs[block][0];
        device.Vectors.Normalise(picture, here.Window.Corner, network.Mean, network.Scale, x);
        int last = network.Depth - 1;
        for (int l = 0; l <= last; l++)
        {
            var (layer, y) = (Layer(l), features[block][l]);
            if (l < last && Layer(l + 1).PooledInput)
            {
                var below = pooled[block][layer.PoolsBefore];
                device.Convolution.Forward(network.Filter(l), x, y, network.Pooling, below, here.PooledCorner(layer.PoolsBefore));
                x = below;
            }
            else
            {
                device.Convolution.Forward(network.Filter(l), x, y);
                x = y;
            }
            visit?.Invoke(layer, y, here.Levels[layer.PoolsBefore].Owned);
        }
    }

    /// <summary>Shows each layer's ReLU output, and which part of it the block owns, once more, as <see cref="Forward"/> does: after <see cref="Forward"/> of the same block and before its <see cref="Backward"/>.</summary>
    public void Show(int block, Action<VggLayer, Tensor, Region> visit)
    {
        for (int l = 0; l < network.Depth; l++) visit(Layer(l), features[block][l], Blocks[block].Levels[Layer(l).PoolsBefore].Owned);
    }

    /// <summary>
    /// The backward pass: from gradients at the layers to the picture's, which is added to <paramref name="pictureGradient"/>. Call after
    /// <see cref="Forward"/> of the same block, whose features are lost. <paramref name="seed"/> gets each seeded layer, its features, the
    /// part of them that the block owns, and a tensor, which it overwrites with the loss's gradient with respect to those features, 0
    /// outside that part. <paramref name="visit"/> sees each layer as soon as its convolution's gradient is queued.
    /// </summary>
    public void Backward(int block, Action<VggLayer, Tensor, Region, Tensor> seed, Tensor pictureGradient, Action<VggLayer>? visit = null)
    {
        if (gradients is null) throw new InvalidOperationException("This pass was made for the forward direction alone.");
        if (pictureGradient.Shape != Picture)
            throw new ArgumentException($"A pass over {Picture} has no gradient of {pictureGradient.Shape}.", nameof(pictureGradient));
        var here = Blocks[block];
        // The gradient of the layer above; if it is that of a pooled map, the layer's features before the pooling too.
        Tensor? above = null, unpooled = null;
        for (int l = network.Depth - 1; l >= 0; l--)
        {
            int rank = Array.IndexOf(seeds, l);
            var (layer, features) = (Layer(l), this.features[block][l]);
            var gradient = rank >= 0 ? gradients[block][rank] : features;
            if (rank >= 0) seed(layer, features, here.Levels[layer.PoolsBefore].Owned, gradient);
            if (above is null)
            {
                network.Device.Vectors.MaskByRelu(features, gradient);
                above = gradient;
                continue;
            }
            if (!Layer(l + 1).PooledInput)
            {
                Convolve(here, l + 1, above, unpooled, gradient, features, accumulate: rank >= 0);
                (above, unpooled) = (gradient, null);
            }
            else
            {
                // Nothing in the backward pass reads the pooled map, so that its gradient takes its place.
                var below = pooled[block][layer.PoolsBefore];
                Convolve(here, l + 1, above, unpooled, below, null, accumulate: false);
                if (rank >= 0)
                    network.Device.Pooling.Gradient(network.Pooling, features, below, gradient, true, here.PooledCorner(layer.PoolsBefore));
                (above, unpooled) = rank >= 0 ? (gradient, null) : (below, features);
            }
            visit?.Invoke(Layer(l + 1));
        }
        // The backward pass needs the picture's part no longer: its gradient takes the place.
        var input = inputs[block][0];
        Convolve(here, 0, above!, unpooled, input, null, accumulate: false);
        network.Device.Vectors.NormaliseGradient(input, network.Scale, pictureGradient, here.Window.Corner);
        visit?.Invoke(Layer(0));
    }

    /// <summary>
    /// A convolution's data gradient, from the gradient of what it has put out or, with the features before a pooling that follows, from
    /// that of the pooled map.
    /// </summary>
    void Convolve(PictureBlock here, int layer, Tensor gradient, Tensor? unpooled, Tensor to, Tensor? activation, bool accumulate)
    {
        var convolution = network.Device.Convolution;
        if (unpooled is null) convolution.Gradient(network.Filter(layer), gradient, to, activation, accumulate);
        else
        {
            var corner = here.PooledCorner(Layer(layer).PoolsBefore);
            convolution.Gradient(network.Filter(layer), network.Pooling, unpooled, gradient, to, activation, accumulate, corner);
        }
    }

    /// <summary>Device storage that a pass takes, without allocating it.</summary>
    public static long StorageBytes(
        Device device, PoolingKind pooling, VggLayer deepest, int height, int width, IEnumerable<VggLayer>? seeded, int blockSize = 0,
        Band? band = null, bool wrap = false)
    {
        var blocks = PictureBlock.Cut(deepest, height, width, blockSize, band, wrap);
        return Places.All(deepest.Index + 1, seeded).SelectMany(p => p.Buffers(device, blocks)).Sum(b => b.Bytes(device, pooling));
    }

    /// <summary>Floating-point operations of the convolutions in one direction, margins included.</summary>
    public static double Flops(VggLayer deepest, int height, int width, int blockSize = 0, Band? band = null, bool wrap = false) =>
        PictureBlock.Cut(deepest, height, width, blockSize, band, wrap).Sum(block => Vgg19.Layers.Take(deepest.Index + 1).Sum(l => l.Flops(block.Output(l))));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in owned) tensor.Dispose();
    }

    static VggLayer Layer(int index) => Vgg19.Layers[index];

    /// <summary>Each block's view of each place.</summary>
    Tensor[][] Views(Places places)
    {
        Tensor Own(Tensor tensor)
        {
            owned.Add(tensor);
            return tensor;
        }
        Tensor[] buffers = [.. places.Buffers(network.Device, Blocks).Select(b => Own(b.Allocate(network.Device, network.Pooling)))];
        return [.. Blocks.Select(block => Enumerable.Range(0, places.Count).Select(i => buffers[places.Buffer(i)].As(places.Shape(block, i))).ToArray())];
    }

    /// <summary>Tensors of one kind: how many a block has, their shapes, and which of them share a buffer.</summary>
    sealed record Places(int Count, Func<int, int> Buffer, Func<PictureBlock, int, Shape> Shape)
    {
        /// <summary>The layer whose features a place, with a buffer of its own, has for a pooling alone, if there is one.</summary>
        Func<int, VggLayer?> Hidden { get; init; } = _ => null;

        /// <summary>The picture's part, the layers' features and the poolings' outputs, whose gradient takes their place; for the way back the gradients of the seeded layers.</summary>
        public static IEnumerable<Places> All(int depth, IEnumerable<VggLayer>? seeded)
        {
            int[] seeds = Seeds(seeded), beforePooling = [.. Enumerable.Range(0, depth - 1).Where(l => Layer(l + 1).PooledInput)];
            // Neighbours never share a buffer; even and odd layers do.
            Places alternating = new(depth, l => l % 2, (block, l) => block.Output(Layer(l))),
                pooled = new(beforePooling.Length, _ => 0, (block, i) => block.Shape(Layer(beforePooling[i]).OutputChannels, i + 1));
            yield return new(1, _ => 0, (block, _) => block.Shape(3, 0));
            yield return seeded is null ? alternating : alternating with { Buffer = l => l, Hidden = l => beforePooling.Contains(l) && !seeds.Contains(l) ? Layer(l) : null };
            yield return pooled;
            if (seeded is null) yield break;
            yield return new(seeds.Length, i => NeighboursBelow(seeds, i) % 2, (block, i) => block.Output(Layer(seeds[i])));
        }

        /// <summary>The seeded layers' numbers, in order.</summary>
        public static int[] Seeds(IEnumerable<VggLayer>? seeded) => [.. (seeded ?? []).Select(l => l.Index).Distinct().Order()];

        /// <summary>How many layers right below a seeded one are seeded too.</summary>
        static int NeighboursBelow(int[] seeds, int i)
        {
            int count = 0;
            while (i > count && seeds[i - count - 1] == seeds[i] - count - 1) count++;
            return count;
        }

        /// <summary>The buffers, each of the largest shape that it will hold.</summary>
        public IEnumerable<PassBuffer> Buffers(Device device, IReadOnlyList<PictureBlock> blocks) => Enumerable.Range(0, Count).GroupBy(Buffer).OrderBy(g => g.Key)
            .Select(g => new PassBuffer(g.SelectMany(i => blocks.Select(b => Shape(b, i))).MaxBy(device.StorageBytes), Hidden(g.First())));
    }

    /// <summary>A buffer; <paramref name="Hidden"/>: the layer whose features only a pooling reads there.</summary>
    readonly record struct PassBuffer(Shape Shape, VggLayer? Hidden)
    {
        public Tensor Allocate(Device device, PoolingKind pooling) => Hidden is null ? device.Allocate(Shape) : device.AllocateBeforePooling(Shape, Hidden.InputChannels, pooling);

        public long Bytes(Device device, PoolingKind pooling) => Hidden is null ? device.StorageBytes(Shape) : device.BytesBeforePooling(Shape, Hidden.InputChannels, pooling);
    }
}
