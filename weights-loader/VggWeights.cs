using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>One 3x3 convolution of VGG-19.</summary>
/// <param name="Name">Its canonical name, <c>conv1_1</c> to <c>conv5_4</c>.</param>
/// <param name="OutputChannels">K.</param>
/// <param name="InputChannels">C.</param>
/// <param name="Kernel">[K, C, 3, 3] (OIHW).</param>
/// <param name="Bias">[K].</param>
public sealed record ConvolutionWeights(string Name, int OutputChannels, int InputChannels, float[] Kernel, float[] Bias);

/// <summary>The order in which a network expects the colour channels.</summary>
public enum ChannelOrder
{
    /// <summary>Red, green, blue.</summary>
    Rgb,

    /// <summary>Blue, green, red, as networks trained in Caffe.</summary>
    Bgr,
}

/// <summary>
/// What the network was trained on: channel i of its input is Scale[i] (v - Mean[i]), where v in 0..255 is the picture's
/// channel at place i of <paramref name="Order"/>. Zero padding pads these values, so the mean cannot be folded away.
/// </summary>
public sealed record InputDescription(ChannelOrder Order, IReadOnlyList<double> Mean, IReadOnlyList<double> Scale)
{
    /// <summary>The Caffe training: BGR, 0..255, minus 103.939, 116.779, 123.68.</summary>
    public static InputDescription Caffe { get; } = new(ChannelOrder.Bgr, [103.939, 116.779, 123.68], [1, 1, 1]);
}

/// <summary>The canonical form of a VGG-19 weight file: its convolutions in order, as far as the file goes.</summary>
/// <param name="Layers">conv1_1, conv1_2, ... with no gap.</param>
/// <param name="Input">What the first convolution expects.</param>
/// <param name="Source">Where the weights came from, for people: a file name or "built-in network".</param>
public sealed record VggWeights(IReadOnlyList<ConvolutionWeights> Layers, InputDescription Input, string Source)
{
    /// <summary>The SHA-256, in hexadecimal digits, of every value and of what the input is: the same for the same network, whatever file it came from.</summary>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Input.Order} {string.Join(' ', Input.Mean)} {string.Join(' ', Input.Scale)}")));
        foreach (var layer in Layers)
        {
            hash.AppendData(MemoryMarshal.AsBytes<float>(layer.Kernel));
            hash.AppendData(MemoryMarshal.AsBytes<float>(layer.Bias));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>The convolutions of VGG-19 (Simonyan and Zisserman 2015, configuration E): names and channels.</summary>
public static class VggLayers
{
    /// <summary>Name, output channels and input channels of the sixteen convolutions, in order.</summary>
    public static IReadOnlyList<(string Name, int OutputChannels, int InputChannels)> All { get; } = Make();

    static List<(string, int, int)> Make()
    {
        var layers = new List<(string, int, int)>();
        int input = 3;
        foreach (var (block, count, channels) in new[] { (1, 2, 64), (2, 2, 128), (3, 4, 256), (4, 4, 512), (5, 4, 512) })
            for (int i = 1; i <= count; i++)
            {
                layers.Add(($"conv{block}_{i}", channels, input));
                input = channels;
            }
        return layers;
    }
}

/// <summary>A weight file that cannot be used. The message is one line, names the file and says what to do.</summary>
public sealed class WeightsException : Exception
{
    /// <summary>A message of one line.</summary>
    public WeightsException(string message) : base(message) { }

    /// <summary>A message of one line, and what lies behind it.</summary>
    public WeightsException(string message, Exception inner) : base(message, inner) { }
}
