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
    readonly Tensor? fromAbove;
    readonly Tensor?[] fromOwn;
    readonly int[] seeds;
    readonly VggLayer? junction;

    /// <summary>Allocates the buffers.</summary>
    /// <param name="network">The network to run.</param>
    /// <param name="height">The picture's height, at least 16 px for the deepest layers.</param>
    /// <param name="width">The picture's width.</param>
    /// <param name="seeded">The layers that get a gradient of their own in <see cref="Backward"/>, the network's deepest among them; null: the forward direction alone.</param>
    /// <param name="blockSize">The most that a block owns on a side, in pixels; 0: the whole picture at once.</param>
    /// <param name="band">The part of the picture that is this device's, if not the whole.</param>
    /// <param name="kept">The gradients that are kept for later passes, if there are any.</param>
    /// <param name="wrap">Whether the picture wraps around, so that convolutions and poolings see its other side beyond each edge instead of padding.</param>
    public FeaturePass(FeatureNetwork network, int height, int width, IEnumerable<VggLayer>? seeded, int blockSize = 0, Band? band = null, KeptGradients? kept = null, bool wrap = false)
    {
        (this.network, junction) = (network, kept?.Junction);
        fromOwn = new Tensor?[network.Depth];
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
            if (kept is not null) owned.Add(fromAbove = network.Device.Allocate(Blocks.Single().Output(kept.Junction)));
            foreach (var layer in kept?.Own ?? []) owned.Add(fromOwn[layer.Index] = network.Device.Allocate(KeptShape(layer, Blocks.Single())));
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
    /// <paramref name="toJunction"/>: no further than the junction.
    /// </summary>
    public void Forward(int block, Tensor picture, Action<VggLayer, Tensor, Region>? visit = null, bool toJunction = false)
    {
        var device = network.Device;
        if (picture.Shape != Picture) throw new ArgumentException($"A pass over {Picture} cannot take {picture.Shape}.", nameof(picture));
        var here = Blocks[block];
        var x = inputs[block][0];
        device.Vectors.Normalise(picture, here.Window.Corner, network.Mean, network.Scale, x);
        int last = Last(toJunction);
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
    /// From gradients at the layers to the picture's, which is added to <paramref name="pictureGradient"/>. Call after
    /// <see cref="Forward"/> of the same block, as far, whose features are lost. <paramref name="seed"/> gets each seeded layer, its features, the part
    /// of them that the block owns, and a tensor, which it overwrites with the loss's gradient with respect to those features, 0 outside that part, or
    /// adds that to, if the last argument says so. <paramref name="visit"/> sees each layer as soon as the way back through it is queued.
    /// <paramref name="toJunction"/>: from the junction on, with the gradient that came there from above in the last whole pass.
    /// <paramref name="own"/>: what becomes of a layer's own gradient; if <see cref="OwnGradient.Kept"/>, <paramref name="seed"/> does not see the layer.
    /// </summary>
    public void Backward(int block, Action<VggLayer, Tensor, Region, Tensor, bool> seed, Tensor pictureGradient, Action<VggLayer>? visit = null, bool toJunction = false, Func<VggLayer, OwnGradient>? own = null)
    {
        if (gradients is null) throw new InvalidOperationException("This pass was made for the forward direction alone.");
        if (pictureGradient.Shape != Picture)
            throw new ArgumentException($"A pass over {Picture} has no gradient of {pictureGradient.Shape}.", nameof(pictureGradient));
        var device = network.Device;
        var here = Blocks[block];
        // The gradient of the layer above, or what was pooled there and the gradient of the pooled map.
        Tensor? above = null, belowPooling = null;
        void Back(int layer, Tensor to, Tensor? activation, Tensor? addend)
        {
            var (filter, convolution) = (network.Filter(layer), device.Convolution);
            bool apart = addend is not null && addend != to;
            if (belowPooling is null)
            {
                if (apart) convolution.Gradient(filter, above!, to, activation, addend!);
                else convolution.Gradient(filter, above!, to, activation, accumulate: addend is not null);
            }
            else
            {
                var corner = here.PooledCorner(Layer(layer).PoolsBefore);
                if (apart) convolution.Gradient(filter, network.Pooling, above!, belowPooling, to, activation, addend!, corner);
                else convolution.Gradient(filter, network.Pooling, above!, belowPooling, to, activation, accumulate: addend is not null, corner);
            }
            belowPooling = null;
        }
        // The gradient of what was pooled after a layer. Nothing on the way back reads what was pooled.
        Tensor DownToPooled(int layer)
        {
            var below = pooled[block][Layer(layer).PoolsBefore];
            Back(layer + 1, below, null, null);
            return below;
        }
        // What comes to a layer's output from the one above it.
        void Down(int layer, Tensor to, Tensor? activation, Tensor? addend)
        {
            if (!Layer(layer + 1).PooledInput)
            {
                Back(layer + 1, to, activation, addend);
                return;
            }
            if (addend is not null && addend != to) device.Vectors.Copy(addend, to);
            device.Pooling.Gradient(network.Pooling, features[block][layer], DownToPooled(layer), to, addend is not null, here.PooledCorner(Layer(layer).PoolsBefore));
        }
        OwnGradient State(VggLayer layer)
        {
            var state = own?.Invoke(layer) ?? OwnGradient.Joined;
            return state == OwnGradient.Joined || fromOwn[layer.Index] is not null ? state : throw new InvalidOperationException($"This pass keeps no gradient of {layer.Relu}.");
        }
        // What a layer's own losses give, in the given tensor or where it is kept.
        Tensor Own(VggLayer layer, Tensor x, Region part, Tensor gradient)
        {
            var state = layer.Index == 0 ? OwnGradient.Joined : State(layer);
            var there = state == OwnGradient.Joined ? gradient : fromOwn[layer.Index]!;
            if (state != OwnGradient.Kept) seed(layer, x, part, there, false);
            return there;
        }
        var first = State(Layer(0));
        for (int l = Last(toJunction); l >= 0; l--)
        {
            int rank = Array.IndexOf(seeds, l);
            var (layer, x) = (Layer(l), features[block][l]);
            var part = here.Levels[layer.PoolsBefore].Owned;
            bool apart = l == 0 && first != OwnGradient.Joined, seeded = rank >= 0 && !apart;
            if (apart && first == OwnGradient.Renewed)
            {
                var to = gradients[block][rank];
                seed(layer, x, part, to, false);
                device.Vectors.MaskByRelu(x, to);
                device.Convolution.Gradient(network.Filter(0), to, fromOwn[0]!, null, accumulate: false);
            }
            var gradient = seeded ? gradients[block][rank] : x;
            if (l == junction?.Index)
            {
                if (above is not null) Down(l, fromAbove!, null, null);
                device.Vectors.Copy(fromAbove!, gradient);
                seed(layer, x, part, gradient, true);
                device.Vectors.MaskByRelu(x, gradient);
            }
            else
            {
                var addend = seeded ? Own(layer, x, part, gradient) : null;
                if (above is null) device.Vectors.MaskByRelu(x, gradient);
                else if (!seeded && Layer(l + 1).PooledInput) belowPooling = DownToPooled(l);
                else Down(l, gradient, x, addend);
            }
            if (above is not null) visit?.Invoke(Layer(l + 1));
            above = gradient;
        }
        // The way back needs the picture's part no longer: its gradient takes the place.
        var input = inputs[block][0];
        Back(0, input, null, first == OwnGradient.Joined ? null : fromOwn[0]);
        device.Vectors.NormaliseGradient(input, network.Scale, pictureGradient, here.Window.Corner);
        visit?.Invoke(Layer(0));
    }

    /// <summary>Device storage that a pass takes, without allocating it.</summary>
    public static long StorageBytes(Device device, PoolingKind pooling, VggLayer deepest, int height, int width, IEnumerable<VggLayer>? seeded, int blockSize = 0, Band? band = null, KeptGradients? kept = null, bool wrap = false)
    {
        var blocks = PictureBlock.Cut(deepest, height, width, blockSize, band, wrap);
        long more = kept is null ? 0 : device.StorageBytes(blocks.Single().Output(kept.Junction)) + kept.Own.Sum(layer => device.StorageBytes(KeptShape(layer, blocks.Single())));
        return more + Places.All(deepest.Index + 1, seeded).SelectMany(p => p.Buffers(device, blocks)).Sum(b => b.Bytes(device, pooling));
    }

    /// <summary>Floating-point operations of the convolutions in one direction, margins included.</summary>
    public static double Flops(VggLayer deepest, int height, int width, int blockSize = 0, Band? band = null, bool wrap = false) =>
        PictureBlock.Cut(deepest, height, width, blockSize, band, wrap).Sum(block => Vgg19.Layers.Take(deepest.Index + 1).Sum(l => l.Flops(block.Output(l))));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in owned) tensor.Dispose();
    }

    /// <summary>The shape in which a layer's own gradient is kept: the first one's is that of the picture.</summary>
    static Shape KeptShape(VggLayer layer, PictureBlock block) => layer.Index == 0 ? block.Shape(3, 0) : block.Output(layer);

    static VggLayer Layer(int index) => Vgg19.Layers[index];

    /// <summary>The last layer of a pass.</summary>
    int Last(bool toJunction) => !toJunction ? network.Depth - 1 : junction?.Index ?? throw new InvalidOperationException("This pass keeps no gradient that it could begin with.");

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
