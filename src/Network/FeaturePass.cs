using GpuStyle.Kernels;

namespace GpuStyle.Network;

/// <summary>
/// The network's buffers for a picture, and the two directions through it, block by block (<see cref="PictureBlock"/>), as a
/// <see cref="PassSchedule"/> says. The features of every layer are kept for the backward pass, where their gradient takes their place,
/// unless a loss looks at them too. The blocks share the buffers: one's backward pass comes before the next one's forward pass.
/// </summary>
public sealed class FeaturePass : IDisposable
{
    readonly FeatureNetwork network;
    readonly PassSchedule schedule;
    readonly TensorList owned;
    readonly Tensor[][] tensors;

    /// <summary>Allocates the buffers.</summary>
    /// <param name="network">The network to run.</param>
    /// <param name="height">The picture's height, at least 16 px for the deepest layers.</param>
    /// <param name="width">The picture's width.</param>
    /// <param name="seeded">
    /// The layers that get a gradient of their own in <see cref="Backward"/>, the network's deepest among them; null: the forward
    /// direction alone.
    /// </param>
    /// <param name="blockSize">The most that a block owns on a side, in pixels; 0: the whole picture at once.</param>
    /// <param name="band">The part of the picture that is this device's, if not the whole.</param>
    /// <param name="wrap">
    /// Whether the picture wraps around, so that convolutions and poolings see its other side beyond each edge instead of padding.
    /// </param>
    public FeaturePass(
        FeatureNetwork network, int height, int width, IEnumerable<VggLayer>? seeded, int blockSize = 0, Band? band = null, bool wrap = false)
    {
        this.network = network;
        Picture = new Shape(3, height, width);
        var deepest = Vgg19.Layers[network.Depth - 1];
        var output = network.Table.Output(deepest, height, width);
        Region.All(output).CheckedIn(output);
        Blocks = PictureBlock.Cut(deepest, height, width, blockSize, band, wrap);
        schedule = PassSchedule.Make(network.Table, network.Depth, seeded);
        owned = new(network.Device);
        try
        {
            var storages = schedule.Buffers.GroupBy(b => b.Storage).ToDictionary(g => g.Key, Allocate);
            tensors = [.. Blocks.Select(block => schedule.Buffers.Select(b => storages[b.Storage].As(block.Shape(b.Channels,
                b.Pools))).ToArray())];
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
    /// Runs the network on one block of a picture [3,H,W] (RGB, 0..255). <paramref name="visit"/> sees each layer's ReLU output as soon as
    /// it is queued, and which part of it the block owns. Without the backward direction it is valid only during that call, and with it
    /// only those of seeded layers may be looked at.
    /// </summary>
    public void Forward(int block, Tensor picture, Action<VggLayer, Tensor, Region>? visit = null)
    {
        var device = network.Device;
        if (picture.Shape != Picture) throw new ArgumentException($"A pass over {Picture} cannot take {picture.Shape}.", nameof(picture));
        var (here, at) = (Blocks[block], tensors[block]);
        device.Vectors.Normalise(picture, here.Window.Corner, network.Mean, network.Scale, at[schedule.Picture.Index]);
        for (int i = 0; i < schedule.Forward.Count; i++)
        {
            var step = schedule.Forward[i];
            device.Convolution.Forward(network.Filter(step.Layer.Index), at[step.From.Index], at[step.To.Index], Pooled(here, at,
                step.Layer, step.Pooled));
            visit?.Invoke(step.Layer, at[step.To.Index], here.Levels[step.Layer.PoolsBefore].Owned);
        }
    }

    /// <summary>
    /// Shows each layer's ReLU output, and which part of it the block owns, once more, as <see cref="Forward"/> does: after
    /// <see cref="Forward"/> of the same block and before its <see cref="Backward"/>.
    /// </summary>
    public void Show(int block, Action<VggLayer, Tensor, Region> visit)
    {
        for (int i = 0; i < schedule.Forward.Count; i++)
        {
            var step = schedule.Forward[i];
            visit(step.Layer, tensors[block][step.To.Index], Blocks[block].Levels[step.Layer.PoolsBefore].Owned);
        }
    }

    /// <summary>
    /// After <see cref="Forward"/> of the same block: adds the gradient with respect to the block's window to
    /// <paramref name="pictureGradient"/>
    /// [3,H,W]. For each seeded layer <paramref name="seed"/> overwrites its last argument with the gradient of the losses that look at
    /// that layer, given the layer's features and which part of them the block owns; it must be 0 outside that part.
    /// <paramref name="visit"/>
    /// sees each layer as soon as its convolution's gradient is queued.
    /// </summary>
    public void Backward(int block, Action<VggLayer, Tensor, Region, Tensor> seed, Tensor pictureGradient, Action<VggLayer>? visit = null)
    {
        if (schedule.Backward.Count == 0) throw new InvalidOperationException("This pass was made for the forward direction alone.");
        if (pictureGradient.Shape != Picture)
            throw new ArgumentException($"A pass over {Picture} has no gradient of {pictureGradient.Shape}.", nameof(pictureGradient));
        var device = network.Device;
        var (here, at) = (Blocks[block], tensors[block]);
        for (int i = 0; i < schedule.Backward.Count; i++)
            switch (schedule.Backward[i])
            {
                case SeedStep step:
                    seed(step.Layer, at[step.Features.Index], here.Levels[step.Layer.PoolsBefore].Owned, at[step.Gradient.Index]);
                    break;
                case ReluGradientStep step:
                    device.Vectors.MaskByRelu(at[step.Features.Index], at[step.Gradient.Index]);
                    break;
                case PoolGradientStep step:
                    device.Pooling.Gradient(network.Pooling, at[step.Features.Index], at[step.From.Index], at[step.To.Index],
                        accumulate: true,
                        here.PooledCorner(step.Layer.PoolsBefore));
                    break;
                case ConvolveGradientStep step:
                    device.Convolution.Gradient(network.Filter(step.Layer.Index), at[(step.Unpooled ?? step.From).Index], at[step.To.Index],
                        step.Mask is null ? null : at[step.Mask.Index], step.Accumulate,
                        Pooled(here, at, step.Layer, step.Unpooled is null ? null : step.From));
                    visit?.Invoke(step.Layer);
                    break;
                case var other:
                    throw new InvalidOperationException($"A pass cannot do {other}.");
            }
        device.Vectors.NormaliseGradient(at[schedule.Picture.Index], network.Scale, pictureGradient, here.Window.Corner);
    }

    /// <inheritdoc/>
    public void Dispose() => owned.Dispose();

    /// <summary>The pooled map of a layer's output, or its gradient.</summary>
    PooledMap? Pooled(PictureBlock here, Tensor[] at, VggLayer layer, PassBuffer? map) =>
        map is null ? null : new(network.Pooling, at[map.Index], here.PooledCorner(layer.PoolsBefore));

    /// <summary>Memory for places that share it, as large as the largest block's part of each.</summary>
    Tensor Allocate(IEnumerable<PassBuffer> places)
    {
        var device = network.Device;
        var shape = places.SelectMany(b => Blocks.Select(block => block.Shape(b.Channels, b.Pools))).MaxBy(device.StorageBytes);
        var tensor = places.First().MaskOf is { } layer
            ? device.AllocateBeforePooling(shape, network.Table.Inputs(layer), network.Pooling)
            : device.Allocate(shape);
        owned.Add(tensor);
        return tensor;
    }
}
