namespace GpuStyle.Optimization;

/// <summary>
/// What the last steps tell of each band and its colours (<see cref="Preconditioner"/>). With S_b the sum over the last pairs of s_b s_b^T, a 3x3 matrix of the inner products of a step's
/// colour axes in band b, and Y_b likewise of the change of the gradient,
/// <code>
/// G_b Y_b G_b = S_b
/// </code>
/// so that G_b is 1 / curvature where a band has one curvature, and the inverse of a Hessian that only mixes its colours. Until there are enough pairs the gains are those that trained filters
/// were found to want: an octave slower, 2^(1/2) times as long, but for the last and within the finest; red against blue, twice. Where figures come from is in docs/decisions/preconditioner.md.
/// </summary>
internal sealed class BandGains
{
    const int Bands = Preconditioner.Bands, PerBand = Preconditioner.SumsPerBand, Count = Preconditioner.SumCount;

    /// <summary>A colour of a band is measured if it has more than so much of what all have: less is rounding.</summary>
    const double LeastShare = 1e-10;

    /// <summary>Pairs from which on colours are mixed, as many as there are colours: a matrix of fewer is singular where a band has one position.</summary>
    const int PairsToMix = 3;

    readonly int window;
    readonly double[] gains = new double[Bands * ColourMatrices.Size], steps = new double[Count], changes = new double[Count];
    readonly Queue<Pair> pairs;

    /// <summary>The gains to begin with.</summary>
    /// <param name="window">Pairs to look back on, at least 1.</param>
    public BandGains(int window)
    {
        this.window = window;
        pairs = new(window);
        for (int b = 0; b < Bands; b++)
            for (int axis = 0; axis < 3; axis++) Of(b)[4 * axis] = Math.Pow(2, Math.Clamp(b - 1, 0, 5) / 2.0) * (axis == 1 ? 2 : 1);
    }

    /// <summary>G of a band, 0 the finest: 3x3 over the colour axes, by rows.</summary>
    public ReadOnlySpan<double> this[int band] => Of(band);

    /// <summary>gamma: the largest s.y / y.My of the last pairs, 1 without any.</summary>
    public double Gamma { get; private set; } = 1;

    /// <summary>Takes a pair that L-BFGS remembers: s.y, and the inner products of s and of y in every band (<see cref="Products"/>).</summary>
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

    /// <summary>What the next pairs are added to.</summary>
    public BandGainsState Save() =>
        new(Gamma, [.. gains], [.. pairs.Select(p => new BandPairState(p.Curvature, [.. p.Step], [.. p.Change]))]);

    /// <summary>Goes on from there.</summary>
    public void Restore(BandGainsState state)
    {
        Gamma = state.Gamma;
        state.Gains.CopyTo(gains, 0);
        pairs.Clear();
        foreach (var (curvature, step, change) in state.Pairs)
        {
            var pair = new Pair { Curvature = curvature };
            step.CopyTo(pair.Step, 0);
            change.CopyTo(pair.Change, 0);
            pairs.Enqueue(pair);
        }
    }

    /// <summary>Forgets the pairs. The gains stay.</summary>
    public void Clear()
    {
        pairs.Clear();
        Gamma = 1;
    }

    /// <summary>
    /// The inner products of v_b's colour axes for every band b: of each with itself, then of the first with the second, the first with the third and the second with the third. From those of the
    /// channels (<see cref="Preconditioner.QueueProducts"/>): the first band has its own sums, octave l 4^l of its sums less 4^(l+1) of the next one's,
    /// which are 0 past a small picture's last; the finest octave has that less the first.
    /// </summary>
    public static void Products(ReadOnlySpan<double> sums, Span<double> products)
    {
        double scale = 1;
        sums[..PerBand].CopyTo(products);
        for (int i = PerBand; i < Count; i++)
        {
            if (i > PerBand && i % PerBand == 0) scale *= 4;
            products[i] = scale * (sums[i] - (i + PerBand < Count ? 4 * sums[i + PerBand] : 0)) - (i < 2 * PerBand ? sums[i - PerBand] : 0);
        }
        Span<double> channels = stackalloc double[ColourMatrices.Size];
        for (int b = 0; b < Count; b += PerBand)
        {
            var own = products.Slice(b, PerBand);
            Matrix(own, 1, channels);
            for (int i = 0; i < PerBand; i++)
            {
                own[i] = 0;
                for (int k = 0; k < channels.Length; k++) own[i] += (double)Preconditioner.Axes[3 * First(i) + k / 3] * channels[k] * Preconditioner.Axes[3 * Second(i) + k % 3];
                if (i < 3) own[i] = Math.Max(0, own[i]);
            }
        }
    }

    /// <summary>In units in which all bands together have a gain of 1, so that a colour which cannot be measured may keep its own.</summary>
    void Measure()
    {
        Array.Clear(steps);
        Array.Clear(changes);
        foreach (var pair in pairs)
            for (int i = 0; i < Count; i++)
            {
                steps[i] += pair.Step[i];
                changes[i] += pair.Change[i];
            }
        double allSteps = 0, allChanges = 0;
        for (int i = 0; i < Count; i++)
        {
            if (i % PerBand >= 3) continue;
            allSteps += steps[i];
            allChanges += changes[i];
        }
        Span<double> s = stackalloc double[ColourMatrices.Size], y = stackalloc double[ColourMatrices.Size];
        int known = window < PairsToMix ? 3 : PerBand;
        for (int b = 0; b < Bands; b++)
        {
            Matrix(steps.AsSpan(b * PerBand, known), 1 / allSteps, s);
            Matrix(changes.AsSpan(b * PerBand, known), 1 / allChanges, y);
            double mostStep = 0, mostChange = 0;
            for (int axis = 0; axis < 3; axis++)
                if (Moves(s, y, axis)) (mostStep, mostChange) = (Math.Max(mostStep, s[4 * axis]), Math.Max(mostChange, y[4 * axis]));
            double size = mostStep > 0 ? Math.Sqrt(mostStep * mostChange) : 1;
            for (int axis = 0; axis < 3; axis++)
                if (!Moves(s, y, axis)) Keep(axis, Of(b)[4 * axis], size, s, y);
            ColourMatrices.Mean(s, y, Of(b));
        }
    }

    static bool Moves(ReadOnlySpan<double> s, ReadOnlySpan<double> y, int axis) => s[4 * axis] > LeastShare && y[4 * axis] > LeastShare;

    /// <summary>Makes the matrices such that an axis has this gain, by itself, and is of the others' size, so that they count.</summary>
    static void Keep(int axis, double gain, double size, Span<double> s, Span<double> y)
    {
        for (int other = 0; other < 3; other++) s[3 * axis + other] = s[3 * other + axis] = y[3 * axis + other] = y[3 * other + axis] = 0;
        (s[4 * axis], y[4 * axis]) = (size * gain, size / gain);
    }

    /// <summary>y.My, from the inner products of y.</summary>
    double Scaled(double[] change)
    {
        Span<double> y = stackalloc double[ColourMatrices.Size];
        double sum = 0;
        for (int b = 0; b < Bands; b++)
        {
            Matrix(change.AsSpan(b * PerBand, PerBand), 1, y);
            for (int i = 0; i < y.Length; i++) sum += Of(b)[i] * y[i];
        }
        return sum;
    }

    static void Matrix(ReadOnlySpan<double> products, double factor, Span<double> matrix)
    {
        for (int i = 0; i < products.Length; i++) matrix[3 * First(i) + Second(i)] = matrix[3 * Second(i) + First(i)] = factor * products[i];
    }

    /// <summary>The axes of an inner product.</summary>
    static int First(int product) => product < 3 ? product : product / 5;

    static int Second(int product) => product < 3 ? product : product == 3 ? 1 : 2;

    Span<double> Of(int band) => gains.AsSpan(band * ColourMatrices.Size, ColourMatrices.Size);

    /// <summary>s.y, and the inner products of s and of y.</summary>
    sealed class Pair
    {
        public double Curvature { get; set; }

        public double[] Step { get; } = new double[Count];

        public double[] Change { get; } = new double[Count];
    }
}
