namespace GpuStyle.Network;

/// <summary>
/// The generator of Steele, Lea and Flood (2014). What is derived from it uses sums, products and square roots alone, which
/// IEEE 754 fixes to the last bit; logarithms and cosines differ between machines.
/// </summary>
internal sealed class SplitMix64(ulong state)
{
    const ulong Step = 0x9E3779B97F4A7C15;

    /// <summary>The generator of a seed after so many numbers.</summary>
    public static SplitMix64 After(ulong seed, ulong numbers) => new(unchecked(seed + numbers * Step));

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        ulong z = state += Step;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number in 0 .. <paramref name="count"/> - 1.</summary>
    public int Below(int count) => (int)(Uniform() * count);

    /// <summary>Close to normal, mean 0 and deviation 1: twelve uniform numbers added, less their mean.</summary>
    public double Normal()
    {
        double sum = -6;
        for (int i = 0; i < 12; i++) sum += Uniform();
        return sum;
    }

    /// <summary>A uniformly distributed direction in the plane.</summary>
    public (double X, double Y) Direction()
    {
        while (true)
        {
            double x = 2 * Uniform() - 1, y = 2 * Uniform() - 1, square = x * x + y * y;
            if (square is > 0.01 and <= 1) return (x / Math.Sqrt(square), y / Math.Sqrt(square));
        }
    }
}
