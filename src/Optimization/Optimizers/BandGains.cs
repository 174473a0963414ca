namespace GpuStyle.Optimization;

/// <summary>
/// What the last steps tell of each octave and colour (<see cref="Preconditioner"/>): with s_b and y_b the parts of a step and of the change of the
/// gradient that lie in band b,
/// <code>
/// gain_b = sqrt(sum of |s_b|^2 / sum of |y_b|^2)              over the last pairs
/// </code>
/// which is 1 / curvature where a band has one curvature. Until there are enough pairs the gains are those that trained filters were found to
/// want: an octave slower, 2^(1/2) times as long, but for the last and within the finest; red against blue, twice. Where figures come from is in docs/decisions/preconditioner.md.
/// </summary>
internal sealed class BandGains
{
    const int Count = Preconditioner.SumCount;

    /// <summary>A band is measured if it has more than so much of what all have: less is rounding.</summary>
    const double LeastShare = 1e-10;

    /// <summary>No gain is farther from that of all bands together, either way: M is summed in float32.</summary>
    const double Furthest = 1000;

    readonly int window;
    readonly double[] gains = new double[Count], steps = new double[Count], changes = new double[Count];
    readonly Queue<Pair> pairs;

    /// <summary>The gains to begin with.</summary>
    /// <param name="window">Pairs to look back on, at least 1.</param>
    public BandGains(int window)
    {
        this.window = window;
        pairs = new(window);
        for (int b = 0; b < Count; b++) gains[b] = Math.Pow(2, Math.Clamp(b / 3 - 1, 0, 5) / 2.0) * (b % 3 == 1 ? 2 : 1);
    }

    /// <summary>The gain of a band, 0 the finest, along an axis.</summary>
    public double this[int band, int axis] => gains[3 * band + axis];

    /// <summary>gamma: the largest s.y / y.My of the last pairs, 1 without any.</summary>
    public double Gamma { get; private set; } = 1;

    /// <summary>Takes a pair that L-BFGS remembers: s.y, and |s_b|^2 and |y_b|^2 for every band.</summary>
    public void Add(double sy, ReadOnlySpan<double> s, ReadOnlySpan<double> y)
    {
        var pair = pairs.Count == window ? pairs.Dequeue() : new();
        pair.Curvature = sy;
        s.CopyTo(pair.Step);
        y.CopyTo(pair.Change);
        pairs.Enqueue(pair);
        if (pairs.Count == window) Measure();
        Gamma = 0;
        foreach (var known in pairs) Gamma = Math.Max(Gamma, known.Curvature / Scaled(known.Change));
    }

    /// <summary>Forgets the pairs. The gains stay.</summary>
    public void Clear()
    {
        pairs.Clear();
        Gamma = 1;
    }

    /// <summary>
    /// |v_b|^2 for every band, from sums |Q F v|^2 and |Q R^l v|^2 (<see cref="Preconditioner.QueueSquares"/>): the first has its own, octave l 4^l of its sum less 4^(l+1) of the next one's,
    /// which is 0 past a small picture's last; the finest octave has that less the first.
    /// </summary>
    public static void Squares(ReadOnlySpan<double> sums, Span<double> squares)
    {
        double scale = 1;
        sums[..3].CopyTo(squares);
        for (int b = 3; b < Count; b++)
        {
            if (b > 3 && b % 3 == 0) scale *= 4;
            double octave = scale * (sums[b] - (b + 3 < Count ? 4 * sums[b + 3] : 0));
            squares[b] = Math.Max(0, b < 6 ? octave - sums[b - 3] : octave);
        }
    }

    /// <summary>In units in which all bands together have a gain of 1, so that a band which cannot be measured may keep its own.</summary>
    void Measure()
    {
        Array.Clear(steps);
        Array.Clear(changes);
        double allSteps = 0, allChanges = 0;
        foreach (var pair in pairs)
            for (int b = 0; b < Count; b++)
            {
                steps[b] += pair.Step[b];
                changes[b] += pair.Change[b];
                allSteps += pair.Step[b];
                allChanges += pair.Change[b];
            }
        for (int b = 0; b < Count; b++)
        {
            double step = steps[b] / allSteps, change = changes[b] / allChanges;
            if (step > LeastShare && change > LeastShare) gains[b] = Math.Clamp(Math.Sqrt(step / change), 1 / Furthest, Furthest);
        }
    }

    /// <summary>y.My, from |y_b|^2.</summary>
    double Scaled(double[] change)
    {
        double sum = 0;
        for (int b = 0; b < Count; b++) sum += gains[b] * change[b];
        return sum;
    }

    /// <summary>s.y, and |s_b|^2 and |y_b|^2.</summary>
    sealed class Pair
    {
        public double Curvature { get; set; }

        public double[] Step { get; } = new double[Count];

        public double[] Change { get; } = new double[Count];
    }
}
