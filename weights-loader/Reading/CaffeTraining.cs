namespace GpuStyle.WeightsLoader;

/// <summary>
/// Recognises Simonyan and Zisserman's training by its first convolution, whatever the names, the precision (8 bits will do) and
/// a normalisation of the channels. For five filters that tell colours apart: each colour's nine weights summed, blue, green, red,
/// and the bias, as they are in the published network. As vectors of four numbers, those of a file have the same directions, and
/// with red and blue exchanged quite others; another training would have to agree by chance in fifteen angles.
/// </summary>
static class CaffeTraining
{
    static readonly (int Channel, double Blue, double Green, double Red, double Bias)[] Filters =
    [
        (1, 1.0010, 0.3112, -0.8188, 0.0649),
        (5, 1.9187, -1.6364, -0.4918, 0.5487),
        (16, -0.5864, -0.8284, 1.5809, 0.4637),
        (22, 1.3267, 0.3309, -1.6499, 0.2701),
        (27, -1.6256, 0.9115, 0.4663, 0.4468),
    ];

    /// <summary>Two directions are the same above this cosine. Rounding to 8 bits leaves at least .9999, exchanging red and blue at most .2.</summary>
    const double Same = .999;

    /// <summary>The order of colours in which <paramref name="first"/> is that training's conv1_1; null when it is another.</summary>
    public static ChannelOrder? Recognise(ConvolutionWeights first) =>
        Filters.All(filter => Cosine(first, filter, 0, 2) > Same) ? ChannelOrder.Bgr
        : Filters.All(filter => Cosine(first, filter, 2, 0) > Same) ? ChannelOrder.Rgb
        : null;

    static double Cosine(ConvolutionWeights layer, (int Channel, double Blue, double Green, double Red, double Bias) filter, int blue, int red)
    {
        double Sum(int colour) => Enumerable.Range(0, 9).Sum(tap => (double)layer.Kernel[(filter.Channel * 3 + colour) * 9 + tap]);
        double[] known = [filter.Blue, filter.Green, filter.Red, filter.Bias], found = [Sum(blue), Sum(1), Sum(red), layer.Bias[filter.Channel]];
        return Dot(known, found) / Math.Sqrt(Dot(known, known) * Dot(found, found));
    }

    static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
