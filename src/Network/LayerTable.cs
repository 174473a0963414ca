using GpuStyle.Kernels;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Network;

/// <summary>How many channels each layer of a network has: VGG-19's layers in their order, as many and as wide as its weights
/// say.</summary>
public sealed class LayerTable
{
    readonly int[] channels;

    /// <summary>The table of a network.</summary>
    /// <param name="channels">Each layer's output channels, in order.</param>
    /// <exception cref="ArgumentException">There are none, or more than VGG-19 has.</exception>
    public LayerTable(IEnumerable<int> channels)
    {
        this.channels = [.. channels];
        if (this.channels.Length == 0 || this.channels.Length > Vgg19.Layers.Count || this.channels.Any(c => c < 1))
            throw new ArgumentException($"A network has 1 to {Vgg19.Layers.Count} layers of 1 channel or more.", nameof(channels));
    }

    /// <summary>The table of the network that weights are of.</summary>
    public static LayerTable Of(VggWeights weights) => new(weights.Layers.Select(l => l.OutputChannels));

    /// <summary>VGG-19 itself.</summary>
    public static LayerTable Full { get; } = new(VggLayers.All.Select(l => l.OutputChannels));

    /// <summary>K, N in the paper: the channels that a layer puts out.</summary>
    public int Outputs(VggLayer layer) => channels[layer.Index];

    /// <summary>C: the channels that a layer takes, the picture's three at the first.</summary>
    public int Inputs(VggLayer layer) => layer.Index == 0 ? 3 : channels[layer.Index - 1];

    /// <summary>The shape of a layer's output for a picture of the given size. Each pooling floors.</summary>
    public Shape Output(VggLayer layer, int height, int width) => layer.Plane(height, width) with { Channels = Outputs(layer) };

    /// <summary>The shape of a layer's output in a block of a picture.</summary>
    public Shape Output(VggLayer layer, PictureBlock block) => block.Shape(Outputs(layer), layer.PoolsBefore);

    /// <summary>Floating-point operations of a layer's convolution, one direction, for so many positions.</summary>
    public double Flops(VggLayer layer, long positions) => 18.0 * Inputs(layer) * Outputs(layer) * positions;

    /// <summary>The same of all convolutions up to a layer, for a block, its margins included.</summary>
    public double Flops(VggLayer deepest, PictureBlock block) =>
        Vgg19.Layers.Take(deepest.Index + 1).Sum(layer => Flops(layer, Output(layer, block).Positions));
}
