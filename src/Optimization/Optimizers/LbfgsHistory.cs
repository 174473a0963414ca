using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// The pairs that L-BFGS remembers, and its two-loop recursion (Nocedal and Wright 2006, algorithm 7.4) from H0 = gamma M. The recursion
/// only ever needs the steps s_i, the changes of the gradient y_i, and inner products of these with each other, with the gradient and with H0's
/// result; those among the pairs are kept here in double precision. An iteration is two passes over the pairs on the device - one for inner products
/// with the new gradient, one to combine the direction - with a single wait between them. A preconditioner M, which may be another each time, is applied in
/// the middle of the recursion, so that the passes are over the s and over the y, each of them twice, with one more wait.
/// <para>
/// The new row of each table costs no pass: s_i.y_k = s_i.g - s_i.g_previous, and likewise for y_i.y_k.
/// </para>
/// </summary>
internal sealed class LbfgsHistory : IDisposable
{
    /// <summary>A pair is kept only if its curvature s.y is positive against the lengths of both vectors.</summary>
    const double RelativeCurvature = 1e-10;

    // Slots: s_i.g; y_i.g or, in the second reading, y_i.r; from Others on, those of the newest pair and of the gradient.
    const int NewSy = 0, NewYy = 1, NewSs = 2, Gg = 3, Gr = 4, Rr = 5, StepBands = 6, ChangeBands = StepBands + Preconditioner.SumCount, OtherSums = ChangeBands + Preconditioner.SumCount;

    readonly Device device;
    readonly Scalars sums;
    readonly int capacity, first, window;
    readonly bool packed;
    readonly Preconditioner? preconditioner;
    readonly BandGains? gains;
    readonly Tensor? scaled;
    readonly RepeatedOperations change;
    readonly TensorList? pairs;
    readonly VectorRing s, y;
    readonly double[,] sy, yy;
    readonly double[] sg, yg, yr, alpha, c, coefficients, readings, stepProducts = new double[Preconditioner.SumCount], changeProducts = new double[Preconditioner.SumCount];
    readonly List<Tensor> vectors = [];
    bool pending;

    /// <summary>Allocates everything.</summary>
    /// <param name="device">Where the vectors lie.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="capacity">Pairs to remember.</param>
    /// <param name="sums">Where inner products go.</param>
    /// <param name="first">The first slot of them, of <see cref="SumCount"/>.</param>
    /// <param name="settings">Preconditioner, window, precision.</param>
    /// <param name="wrap">Whether they are pictures that wrap around.</param>
    public LbfgsHistory(Device device, Shape shape, int capacity, Scalars sums, int first, OptimizerSettings settings, bool wrap = false)
    {
        (this.device, this.sums, this.capacity, this.first, window, packed) = (device, sums, capacity, first, settings.CurvatureWindow, settings.PackedHistory);
        change = new(device, Change);
        Step = device.Allocate(shape);
        try
        {
            pairs = device.AllocateTogether(shape, 2 * capacity, packed);
            (s, y) = (new(pairs, 0, capacity), new(pairs, capacity, capacity));
            if (settings.Preconditioned)
            {
                scaled = device.Allocate(shape);
                (preconditioner, gains) = (new(device, shape, wrap), new(Math.Min(window, capacity)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
        (sy, yy) = (new double[capacity, capacity], new double[capacity, capacity]);
        (sg, yg, yr, alpha, c) = (new double[capacity], new double[capacity], new double[capacity], new double[capacity], new double[capacity]);
        (coefficients, readings) = (new double[2 * capacity + 1], new double[sums.Count]);
    }

    /// <summary>Slots needed for the inner products.</summary>
    public static int SumCount(int capacity) => 2 * capacity + OtherSums;

    /// <summary>The direction, then the step taken, from the current picture: s of the next pair.</summary>
    public Tensor Step { get; }

    /// <summary>With nothing remembered, the square of the direction, Mg.Mg.</summary>
    public double BareSquare { get; private set; }

    /// <summary>Pairs in use.</summary>
    public int Count => s.Count;

    int OfY => first + capacity;

    int Others => first + 2 * capacity;

    /// <summary>Forgets every pair.</summary>
    public void Clear()
    {
        while (Count > 0) Drop(0);
        gains?.Clear();
        pending = false;
    }

    /// <summary>Drops the pair that was queued, if one was, before it is absorbed.</summary>
    public void Forget()
    {
        if (pending) Drop(Count - 1);
        pending = false;
    }

    /// <summary>
    /// Makes a pair of the step just taken and the change of the gradient (if the <paramref name="previous"/> one is given, which is
    /// overwritten), and queues the inner products that the recursion will need. Read the sums, then call <see cref="Absorb"/>.
    /// </summary>
    public void Queue(Tensor gradient, Tensor? previous)
    {
        pending = previous is not null;
        if (previous is not null)
        {
            if (Count == capacity) Drop(0);
            change.Run(gradient, previous);
            Keep(Step, s.Add());
            Keep(previous, y.Add());
            device.Vectors.Dot([s[Count - 1], y[Count - 1]], previous, sums, Others + NewSy);
        }
        if (Count > 0) device.Vectors.Dot(s, gradient, sums, first);
        if (preconditioner is not null) return;
        if (Count > 0) device.Vectors.Dot(y, gradient, sums, OfY);
        device.Vectors.Dot([gradient], gradient, sums, Others + Gg);
    }

    /// <summary>
    /// Takes the inner products that were read; drops the new pair if its curvature is not positive. Returns false if the last
    /// step changed nothing at all, being too short for the picture's float32, so that the next would be the same again.
    /// </summary>
    public bool Absorb(ReadOnlySpan<double> values)
    {
        int k = Count - 1;
        var others = values[Others..];
        double newSy = others[NewSy], newYy = others[NewYy], newSs = others[NewSs];
        if (pending)
        {
            for (int i = 0; i < k; i++)
            {
                sy[i, k] = values[first + i] - sg[i];
                yy[i, k] = yy[k, i] = values[OfY + i] - yg[i];
            }
            (sy[k, k], yy[k, k]) = (newSy, newYy);
        }
        values.Slice(first, Count).CopyTo(sg);
        values.Slice(OfY, Count).CopyTo(yg);
        BareSquare = others[Gg];
        bool moved = !pending || newYy > 0;
        if (pending)
        {
            if (!(newSy > RelativeCurvature * Math.Sqrt(newYy) * Math.Sqrt(newSs))) Drop(k);
            else if (gains is not null)
            {
                BandGains.Products(others[StepBands..], stepProducts);
                BandGains.Products(others[ChangeBands..], changeProducts);
                gains.Add(newSy, stepProducts, changeProducts);
            }
        }
        pending = false;
        return moved;
    }

    /// <summary>
    /// Writes the direction -H g into <see cref="Step"/> and returns the direction's slope g.d, which is not
    /// negative only if rounding has spoilt the history.
    /// </summary>
    public double Direction(Tensor gradient)
    {
        int n = Count;
        for (int i = n - 1; i >= 0; i--)
        {
            double sq = -sg[i];
            for (int j = i + 1; j < n; j++) sq -= alpha[j] * sy[i, j];
            alpha[i] = sq / sy[i, i];
        }
        double h = n == 0 ? 1 : gains?.Gamma ?? Gamma(), slope = h * (preconditioner is null ? ProductsWithRest() : Precondition(gradient));
        for (int i = 0; i < n; i++)
        {
            double yd = h * yr[i];
            for (int j = 0; j < i; j++) yd += c[j] * sy[j, i];
            c[i] = alpha[i] - yd / sy[i, i];
            slope += c[i] * sg[i];
        }
        vectors.Clear();
        for (int i = 0; i < n; i++)
        {
            vectors.Add(s[i]);
            coefficients[i] = c[i];
        }
        if (preconditioner is null)
        {
            AddRest(gradient, h);
        }
        else
        {
            vectors.Add(scaled!);
            coefficients[n] = -h;
        }
        device.Vectors.Combine(vectors, coefficients.AsSpan(0, vectors.Count), Step);
        return slope;
    }

    /// <summary>What the next iterations depend on.</summary>
    /// <param name="stepped">Whether the last step counts.</param>
    public LbfgsHistoryState Save(bool stepped)
    {
        int n = Count;
        double[] Table(double[,] products) => [.. Enumerable.Range(0, n * n).Select(i => products[i / n, i % n])];
        return new(stepped ? SavedTensor.Of(Step) : null, s.First, [.. s.Select(SavedTensor.Of)], [.. y.Select(SavedTensor.Of)],
            Table(sy), Table(yy), sg[..n], yg[..n], gains?.Save());
    }

    /// <summary>Remembers what another one of the same settings did.</summary>
    /// <exception cref="ArgumentException">It was one of other settings.</exception>
    public void Restore(LbfgsHistoryState state)
    {
        int n = state.Steps.Count;
        if (n > capacity || state.Oldest >= capacity || (state.Gains is null) != (gains is null))
            throw new ArgumentException("The state is that of an L-BFGS with another history.", nameof(state));
        state.Step?.CopyTo(Step);
        s.StartAt(state.Oldest);
        y.StartAt(state.Oldest);
        for (int i = 0; i < n; i++)
        {
            state.Steps[i].CopyTo(s.Add());
            state.Changes[i].CopyTo(y.Add());
            (sg[i], yg[i]) = (state.StepsByGradient[i], state.ChangesByGradient[i]);
            for (int j = 0; j < n; j++) (sy[i, j], yy[i, j]) = (state.StepsByChanges[i * n + j], state.ChangesByChanges[i * n + j]);
        }
        if (state.Gains is not null) gains!.Restore(state.Gains);
        pending = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        change.Dispose();
        Step.Dispose();
        pairs?.Dispose();
        scaled?.Dispose();
        preconditioner?.Dispose();
    }

    /// <summary>previous = gradient - previous, and what the two of a new pair are by themselves: the same operations in each iteration.</summary>
    void Change(Tensor gradient, Tensor previous)
    {
        device.Vectors.Combine([gradient, previous], [1, -1], previous);
        device.Vectors.Dot([Step], Step, sums, Others + NewSs);
        preconditioner?.QueueProducts(Step, scaled!, sums, Others + StepBands);
        preconditioner?.QueueProducts(previous, scaled!, sums, Others + ChangeBands);
    }

    /// <summary>What the first loop leaves of -g is r = -g - sum of alpha_j y_j: y_i.r for every i, and g.r, from the tables.</summary>
    double ProductsWithRest()
    {
        double slope = -BareSquare;
        for (int i = 0; i < Count; i++)
        {
            slope -= alpha[i] * yg[i];
            yr[i] = -yg[i];
            for (int j = 0; j < Count; j++) yr[i] -= alpha[j] * yy[i, j];
        }
        return slope;
    }

    /// <summary>The same of r = M (-g - sum of alpha_j y_j), whose negative is computed, into <see cref="scaled"/>.</summary>
    double Precondition(Tensor gradient)
    {
        vectors.Clear();
        // Its negative is mixed, as the gradient is: a slope is the negative of a positive number.
        AddRest(gradient, -1);
        device.Vectors.Combine(vectors, coefficients.AsSpan(0, vectors.Count), Step);
        preconditioner!.Apply(Step, gains!, scaled!);
        sums.Clear(); // they have been read, and a direction may be asked for twice
        if (Count > 0) device.Vectors.Dot(y, scaled!, sums, OfY);
        device.Vectors.Dot([gradient, scaled!], scaled!, sums, Others + Gr);
        sums.Read(readings);
        for (int i = 0; i < Count; i++) yr[i] = -readings[OfY + i];
        BareSquare = readings[Others + Rr];
        return -readings[Others + Gr];
    }

    /// <summary>Adds the y and the gradient to the vectors, with the coefficients that what the first loop leaves has, times h.</summary>
    void AddRest(Tensor gradient, double h)
    {
        int from = vectors.Count;
        for (int i = 0; i < Count; i++)
        {
            vectors.Add(y[i]);
            coefficients[from + i] = -h * alpha[i];
        }
        vectors.Add(gradient);
        coefficients[from + Count] = -h;
    }

    void Keep(Tensor values, Tensor place)
    {
        if (packed) device.Vectors.Pack(values, place);
        else device.Vectors.Copy(values, place);
    }

    double Gamma()
    {
        double gamma = 0;
        for (int i = Math.Max(0, Count - window); i < Count; i++) gamma = Math.Max(gamma, sy[i, i] / yy[i, i]);
        return gamma;
    }

    /// <summary>Drops the oldest pair or the newest.</summary>
    void Drop(int index)
    {
        if (index == 0)
        {
            s.RemoveFirst();
            y.RemoveFirst();
        }
        else
        {
            s.RemoveLast();
            y.RemoveLast();
        }
        for (int i = index; i < Count; i++)
        {
            (sg[i], yg[i]) = (sg[i + 1], yg[i + 1]);
            for (int j = index; j < Count; j++) (sy[i, j], yy[i, j]) = (sy[i + 1, j + 1], yy[i + 1, j + 1]);
        }
    }
}
