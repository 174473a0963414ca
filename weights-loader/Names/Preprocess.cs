using System.Globalization;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// The 1x1 convolution with which the encoders of AdaIN and WCT begin. It turns a picture in RGB, 0..1, into the network's input;
/// in Gatys' normalised network it is 255 times the reversal of the channels, minus Caffe's means. It becomes part of the input
/// description, since zero padding comes after it.
/// </summary>
static class Preprocess
{
    /// <summary>The largest value of a picture there, where ours go to 255.</summary>
    const double White = 255;

    /// <summary>Whether the shapes are those of such a convolution.</summary>
    public static bool IsOne(NetworkModule module) => module is { Weight.Shape: [3, 3, 1, 1] or [3, 3], Bias.Elements: 3 };

    /// <summary>The input that the convolution makes: output channel o takes one colour c, times a factor, plus a bias.</summary>
    /// <exception cref="WeightsException">It mixes colours, takes one twice, or takes them in an order that is neither RGB nor BGR.</exception>
    public static InputDescription Fold(TensorFile file, NetworkModule module)
    {
        if (!IsOne(module)) throw Refused("is not a 1x1 convolution of three channels with a bias");
        float[] weight = file.ReadFloat32(module.Weight!.Name), bias = file.ReadFloat32(module.Bias!.Name);
        int[] colours = [.. Enumerable.Range(0, 3).Select(o => SingleColour(weight.AsSpan(3 * o, 3)))];
        ChannelOrder? order = colours switch { [0, 1, 2] => ChannelOrder.Rgb, [2, 1, 0] => ChannelOrder.Bgr, _ => null };
        double[] factors = [.. colours.Select((c, o) => c < 0 ? 0 : Exact(weight[3 * o + c]))], biases = [.. bias.Select(Exact)];
        if (order is null || !factors.Concat(biases).All(double.IsFinite))
            throw Refused("does more than order the colours as RGB or BGR, scale them and subtract a mean");
        // factor v / 255 + bias = scale (v - mean)
        return new InputDescription(order.Value, [.. biases.Select((b, o) => -b * White / factors[o])], [.. factors.Select(f => f / White)]);

        WeightsException Refused(string why) =>
            file.Problem($"begins with a preprocessing convolution, {string.Join(" and ", module.Tensors.Select(t => Text.Quote(t.Name)))}, that {why}: this is not read, name another file");
    }

    /// <summary>The only place that is not 0, or -1.</summary>
    static int SingleColour(ReadOnlySpan<float> row)
    {
        int found = row.IndexOfAnyExcept(0f);
        return found >= 0 && row[(found + 1)..].IndexOfAnyExcept(0f) < 0 ? found : -1;
    }

    /// <summary>The shortest number that the float stands for: 103.939, not 103.93900299.</summary>
    static double Exact(float value) => double.Parse(value.ToString("r", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
