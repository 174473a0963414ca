namespace GpuStyle.Network;

/// <summary>What a channel of the built-in network is for.</summary>
internal enum FilterRole
{
    /// <summary>Hands a colour on.</summary>
    Carrier,

    /// <summary>A filter on a mixture of the colours.</summary>
    Colour,

    /// <summary>A response of the layer before, smoothed.</summary>
    Inherited,

    /// <summary>A filter on a mixture of responses.</summary>
    SecondOrder,
}

/// <summary>A kernel on one input channel.</summary>
internal readonly record struct FilterTerm(int Input, float[] Kernel);

/// <summary>One channel: the few inputs that it looks at, and the direction across the edge or line that it answers to.</summary>
internal sealed class FilterChannel(FilterRole role, FilterTerm[] terms, (double X, double Y) across)
{
    public FilterRole Role => role;
    public FilterTerm[] Terms => terms;
    public (double X, double Y) Across => across;

    /// <summary>Factor on all kernels, found by <see cref="Calibration"/>.</summary>
    public float Scale { get; set; } = 1;
}

/// <summary>Draws the channels of the built-in network's layers.</summary>
internal static class FilterBank
{
    /// <summary>Positive and negative part of three colours; they come first in every layer.</summary>
    const int Carriers = 6;

    /// <summary>Shares of a layer's channels; the rest are second-order filters.</summary>
    const double InheritedShare = .25, ColourShare = .55;

    /// <summary>Responses that a second-order filter mixes.</summary>
    const int Mixed = 2;

    /// <summary>Weight of red against blue and of green against both, where lightness has 1.</summary>
    const double Chroma = .8;

    /// <summary>Lightness, red against blue, green against both; the factors bring them to about the same size in pictures.</summary>
    static readonly double[][] Opponents = [[.5, .5, .5], [1.5, 0, -1.5], [-.75, 1.5, -.75]];

    /// <summary>The channels of the first layer, which looks at red, green and blue.</summary>
    public static FilterChannel[] First(int count, SplitMix64 random)
    {
        var channels = new List<FilterChannel>();
        for (int i = 0; i < Carriers; i++)
        {
            int sign = i % 2 == 0 ? 1 : -1;
            channels.Add(new(FilterRole.Carrier, OnPicture(Kernels3.Identity, Unit(i / 2, sign)), default));
        }
        while (channels.Count < count)
        {
            var across = random.Direction();
            var kernel = ColourKernel(across, random);
            channels.Add(new(FilterRole.Colour, OnPicture(kernel, Mixture(random)), across));
        }
        return [.. channels];
    }

    /// <summary>The channels of a later layer.</summary>
    /// <param name="below">The channels of the layer before.</param>
    /// <param name="count">How many are wanted.</param>
    /// <param name="pooledOutput">Whether the layer's output will be pooled.</param>
    /// <param name="random">Where they are drawn from.</param>
    public static FilterChannel[] Next(FilterChannel[] below, int count, bool pooledOutput, SplitMix64 random)
    {
        var channels = new List<FilterChannel>();
        for (int i = 0; i < Carriers; i++)
            channels.Add(new(FilterRole.Carrier, OnCarriers(pooledOutput ? Kernels3.Binomial : Kernels3.Identity, Unit(i / 2, i % 2 == 0 ? 1 : -1)), default));
        foreach (int source in Choose((int)(InheritedShare * count), below.Length, random))
            channels.Add(new(FilterRole.Inherited, [new(source, Kernels3.AlongEdge(below[source].Across.X, below[source].Across.Y))], below[source].Across));
        for (int i = (int)(ColourShare * (count - Carriers)); i > 0; i--)
        {
            var across = random.Direction();
            var kernel = ColourKernel(across, random);
            channels.Add(new(FilterRole.Colour, OnCarriers(kernel, Mixture(random)), across));
        }
        while (channels.Count < count)
        {
            var across = random.Direction();
            var kernel = ResponseKernel(across, random);
            var terms = new FilterTerm[Mixed];
            for (int i = 0; i < Mixed; i++)
                terms[i] = new(Carriers + random.Below(below.Length - Carriers), Kernels3.Times(random.Normal(), kernel));
            channels.Add(new(FilterRole.SecondOrder, terms, across));
        }
        return [.. channels];
    }

    static float[] ColourKernel((double X, double Y) across, SplitMix64 random) => random.Uniform() switch
    {
        < .70 => Kernels3.Pattern(1, random),
        < .76 => Kernels3.LocalMean(),
        < .89 => Kernels3.FirstDerivative(across.X, across.Y),
        _ => Kernels3.SecondDerivative(across.X, across.Y),
    };

    /// <summary>Blind to constants: the responses' own mean is no news, and would swamp their differences.</summary>
    static float[] ResponseKernel((double X, double Y) across, SplitMix64 random) => random.Uniform() switch
    {
        < .40 => Kernels3.Pattern(0, random),
        < .82 => Kernels3.FirstDerivative(across.X, across.Y),
        _ => Kernels3.SecondDerivative(across.X, across.Y),
    };

    static double[] Mixture(SplitMix64 random) => [random.Normal(), Chroma * random.Normal(), Chroma * random.Normal()];

    static double[] Unit(int colour, int sign) => [.. Enumerable.Range(0, 3).Select(i => i == colour ? (double)sign : 0)];

    /// <summary>A kernel on a mixture of the opponent colours of a picture.</summary>
    static FilterTerm[] OnPicture(float[] kernel, double[] mixture) =>
        [.. Enumerable.Range(0, 3).Select(c => new FilterTerm(c, Kernels3.Times(mixture[0] * Opponents[0][c] + mixture[1] * Opponents[1][c] + mixture[2] * Opponents[2][c], kernel)))];

    /// <summary>The same on the carriers of a layer.</summary>
    static FilterTerm[] OnCarriers(float[] kernel, double[] mixture) =>
        [.. Enumerable.Range(0, Carriers).Where(i => mixture[i / 2] != 0).Select(i => new FilterTerm(i, Kernels3.Times(i % 2 == 0 ? mixture[i / 2] : -mixture[i / 2], kernel)))];

    /// <summary>Different channels above the carriers, drawn by Fisher and Yates' shuffle.</summary>
    static IEnumerable<int> Choose(int count, int channels, SplitMix64 random)
    {
        int[] all = [.. Enumerable.Range(Carriers, channels - Carriers)];
        for (int i = 0; i < Math.Min(count, all.Length); i++)
        {
            int j = i + random.Below(all.Length - i);
            (all[i], all[j]) = (all[j], all[i]);
            yield return all[i];
        }
    }
}
