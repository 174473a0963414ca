namespace GpuStyle.Optimization;

/// <summary>
/// What the last steps tell of each octave and colour (<see cref="Preconditioner"/>): with s_b and y_b the parts of a step and of the change of the
/// gradient that lie in band b,
/// <code>
/// gain_b = sqrt(sum of |s_b|^2 / sum of |y_b|^2)              over the last pairs
/// </code>
/// which is 1 / curvature where a band has one curvature. Until there are enough pairs the gains are those that trained filters were found to
/// want: an octave slower, 2^(1/2) times as long, but for the last; red against blue, twice. Where figures come from is in docs/decisions/preconditioner.md.
/// </summary>
internal sealed class BandGains
{
    const int Bands = Preconditioner.SumCount;

    /// <summary>A band is measured if it has more than so much of what all have: less is rounding.</summary>
    const double LeastShare = 1e-10;

    /// <summary>No gain is farther from that of all bands together, either way: M is summed in float32.</summary>
    const double Furthest = 1000;

    readonly int window;
    readonly double[] gains = new double[Bands];
    readonly Queue<Pair> pairs = new();

    /// <summary>The gains to begin with.</summary>
    /// <param name="window">Pairs to look back on, at least 1.</param>
    public BandGains(int window)
    {
        this.window = window;
        for (int b = 0; b < Bands; b++) gains[b] = Math.Pow(2, Math.Min(b / 3, 5) / 2.0) * (b % 3 == 1 ? 2 : 1);
    }

    /// <summary>The gain of an octave, 0 the finest, along an axis.</summary>
    public double this[int octave, int axis] => gains[3 * octave + axis];

    /// <summary>gamma: the largest s.y / y.My of the last pairs, 1 without any.</summary>
    public double Gamma { get; private set; } = 1;

    /// <summary>Takes a pair that L-BFGS remembers: s.y, and |s_b|^2 and |y_b|^2 for every band.</summary>
    public void Add(double sy, double[] s, double[] y)
    {
        if (pairs.Count == window) pairs.Dequeue();
        pairs.Enqueue(new(sy, s, y));
        if (pairs.Count == window) Measure();
        Gamma = 0;
        foreach (var pair in pairs) Gamma = Math.Max(Gamma, pair.Curvature / Scaled(pair.Y));
    }

    /// <summary>Forgets the pairs. The gains stay.</summary>
    public void Clear()
    {
        pairs.Clear();
        Gamma = 1;
    }

    /// <summary>
    /// |v_b|^2 for every band, from sums |Q R^l v|^2 (<see cref="Preconditioner.QueueSquares"/>): octave l has 4^l of its sum less 4^(l+1) of the next one's, which is 0
    /// past a small picture's last.
    /// </summary>
    public static double[] Squares(ReadOnlySpan<double> sums)
    {
        var squares = new double[Bands];
        double scale = 1;
        for (int b = 0; b < Bands; b++)
        {
            if (b > 0 && b % 3 == 0) scale *= 4;
            squares[b] = Math.Max(0, scale * (sums[b] - (b + 3 < Bands ? 4 * sums[b + 3] : 0)));
        }
        return squares;
    }

    /// <summary>In units in which all bands together have a gain of 1, so that a band which cannot be measured may keep its own.</summary>
    void Measure()
    {
        double[] s = new double[Bands], y = new double[Bands];
        foreach (var pair in pairs)
            for (int b = 0; b < Bands; b++)
            {
                s[b] += pair.S[b];
                y[b] += pair.Y[b];
            }
        double allS = s.Sum(), allY = y.Sum();
        for (int b = 0; b < Bands; b++)
            if (s[b] > LeastShare * allS && y[b] > LeastShare * allY) gains[b] = Math.Clamp(Math.Sqrt(s[b] / allS / (y[b] / allY)), 1 / Furthest, Furthest);
    }

    double Scaled(double[] y)
    {
        double sum = 0;
        for (int b = 0; b < Bands; b++) sum += gains[b] * y[b];
        return sum;
    }

    readonly record struct Pair(double Curvature, double[] S, double[] Y);
}
