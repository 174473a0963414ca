using GpuStyle.Kernels;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Network;

/// <summary>One convolution of VGG-19 with the ReLU that follows it: where it stands. How many channels it has a <see cref="LayerTable"/>
/// says.</summary>
/// <param name="Index">Its place, from 0.</param>
/// <param name="Convolution"><c>conv1_1</c> ...</param>
/// <param name="Relu"><c>relu1_1</c> ..., the name under which its output can be tapped.</param>
/// <param name="PoolsBefore">How many poolings lie between the picture and this layer.</param>
/// <param name="PooledInput">Whether the layer's own input is a pooling's output.</param>
public sealed record VggLayer(int Index, string Convolution, string Relu, int PoolsBefore, bool PooledInput)
{
    /// <summary>Pixels of the picture between two positions of the layer.</summary>
    public int Stride => 1 << PoolsBefore;

    /// <summary>The shape of one channel of the ReLU's output for a picture of the given size. Each pooling floors.</summary>
    public Shape Plane(int height, int width) => new(1, height >> PoolsBefore, width >> PoolsBefore);
}

/// <summary>
/// VGG-19 (Simonyan and Zisserman 2015, configuration E) as a table: everything that depends on the network's form reads it.
/// </summary>
public static class Vgg19
{
    /// <summary>The sixteen convolutions in order.</summary>
    public static IReadOnlyList<VggLayer> Layers { get; } = Make();

    /// <summary>The smallest side that leaves at least one position at the deepest layers, after four poolings.</summary>
    public const int MinimumSide = 16;

    /// <summary>The layer whose ReLU has this name.</summary>
    /// <exception cref="RequestException">There is no such layer; the message lists the names.</exception>
    public static VggLayer Find(string relu) => Layers.FirstOrDefault(l => l.Relu == relu)
        ?? throw new RequestException($"'{relu}' is no layer of VGG-19; use one of {string.Join(", ", Layers.Select(l => l.Relu))}.");

    static List<VggLayer> Make()
    {
        var layers = new List<VggLayer>();
        foreach (var (name, _, _) in VggLayers.All)
        {
            int pools = name["conv".Length] - '1';
            layers.Add(new(layers.Count, name, "relu" + name["conv".Length..], pools, layers.Count > 0 && layers[^1].PoolsBefore < pools));
        }
        return layers;
    }
}
