using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// The pairs s_i (steps) and y_i (changes of the gradient) that L-BFGS remembers, and its two-loop recursion (Nocedal and
/// Wright 2006, algorithm 7.4). The recursion only ever needs inner products of the vectors with each other and with the
/// gradient; those are kept here in double precision, so that an iteration is two passes over the pairs on the device - one
/// for inner products with the new gradient, one to combine the direction - with a single wait between them.
/// <para>
/// The new row of each table costs no pass: s_i.y_k = s_i.g - s_i.g_previous, and likewise for y_i.y_k.
/// </para>
/// </summary>
internal sealed class LbfgsHistory : IDisposable
{
    /// <summary>A pair is kept only if its curvature s.y is positive against the lengths of both vectors.</summary>
    const double RelativeCurvature = 1e-10;

    readonly Device device;
    readonly Scalars sums;
    readonly int capacity, first;
    readonly List<Tensor> s = [], y = [];
    readonly Queue<Tensor> free = [];
    readonly double[,] sy, yy;
    readonly double[] sg, yg, alpha, c, coefficients;
    readonly List<Tensor> vectors = [];
    bool pending;

    /// <summary>Allocates <paramref name="capacity"/> pairs and the step being taken.</summary>
    public LbfgsHistory(Device device, Shape shape, int capacity, Scalars sums, int first)
    {
        (this.device, this.sums, this.capacity, this.first) = (device, sums, capacity, first);
        try
        {
            for (int i = 0; i < Tensors(capacity); i++) free.Enqueue(device.Allocate(shape));
        }
        catch
        {
            foreach (var tensor in free) tensor.Dispose();
            throw;
        }
        (sy, yy, sg, yg) = (new double[capacity, capacity], new double[capacity, capacity], new double[capacity], new double[capacity]);
        (alpha, c, coefficients) = (new double[capacity], new double[capacity], new double[2 * capacity + 1]);
        Step = free.Dequeue();
    }

    /// <summary>Slots needed for the inner products.</summary>
    public static int SumCount(int capacity) => 2 * capacity + 4;

    /// <summary>Pictures of device memory taken.</summary>
    public static int Tensors(int capacity) => 2 * capacity + 1;

    /// <summary>The step to be taken from the current picture: the caller fills it, and it becomes s of the next pair.</summary>
    public Tensor Step { get; private set; }

    /// <summary>g.g of the last gradient.</summary>
    public double GradientSquare { get; private set; }

    /// <summary>Pairs in use.</summary>
    public int Count => s.Count;

    /// <summary>Forgets every pair.</summary>
    public void Clear()
    {
        while (Count > 0) Drop(0);
        pending = false;
    }

    /// <summary>
    /// Makes a pair of the step just taken and the change of the gradient (if <paramref name="previousGradient"/> is given), and
    /// queues the inner products that the recursion will need. Read the sums, then call <see cref="Absorb"/>.
    /// </summary>
    public void Queue(Tensor gradient, Tensor? previousGradient)
    {
        pending = previousGradient is not null;
        if (pending)
        {
            if (Count == capacity) Drop(0);
            s.Add(Step);
            y.Add(free.Dequeue());
            Step = free.Dequeue();
            device.Vectors.Combine([gradient, previousGradient!], [1, -1], y[^1]);
            device.Vectors.Dot([s[^1], y[^1]], y[^1], sums, first + 2 * Count + 1);
            device.Vectors.Dot([s[^1]], s[^1], sums, first + 2 * Count + 3);
        }
        device.Vectors.Dot(PairsAnd(gradient), gradient, sums, first);
    }

    /// <summary>
    /// Takes the inner products that were read; drops the new pair if its curvature is not positive. Returns false if the last
    /// step changed nothing at all, being too short for the picture's float32, so that the next would be the same again.
    /// </summary>
    public bool Absorb(ReadOnlySpan<double> values)
    {
        values = values[first..];
        int n = Count, k = n - 1;
        GradientSquare = values[2 * n];
        if (pending)
        {
            for (int i = 0; i < k; i++)
            {
                sy[i, k] = values[i] - sg[i];
                yy[i, k] = yy[k, i] = values[n + i] - yg[i];
            }
            (sy[k, k], yy[k, k]) = (values[2 * n + 1], values[2 * n + 2]);
        }
        values[..n].CopyTo(sg);
        values[n..(2 * n)].CopyTo(yg);
        bool moved = !pending || values[2 * n + 2] > 0;
        if (pending && !(sy[k, k] > RelativeCurvature * Math.Sqrt(values[2 * n + 2]) * Math.Sqrt(values[2 * n + 3]))) Drop(k);
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
        double h = n > 0 ? sy[n - 1, n - 1] / yy[n - 1, n - 1] : 1, slope = -GradientSquare;
        for (int j = 0; j < n; j++) slope -= alpha[j] * yg[j];
        slope *= h;
        for (int i = 0; i < n; i++)
        {
            double yd = -yg[i];
            for (int j = 0; j < n; j++) yd -= alpha[j] * yy[i, j];
            yd *= h;
            for (int j = 0; j < i; j++) yd += c[j] * sy[j, i];
            c[i] = alpha[i] - yd / sy[i, i];
            slope += c[i] * sg[i];
        }
        for (int i = 0; i < n; i++) (coefficients[i], coefficients[n + i]) = (c[i], -h * alpha[i]);
        coefficients[2 * n] = -h;
        device.Vectors.Combine(PairsAnd(gradient), coefficients.AsSpan(0, 2 * n + 1), Step);
        return slope;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in s.Concat(y).Concat(free).Append(Step)) tensor.Dispose();
    }

    /// <summary>Every s, every y and the gradient, in a list that is made once.</summary>
    List<Tensor> PairsAnd(Tensor gradient)
    {
        vectors.Clear();
        vectors.AddRange(s);
        vectors.AddRange(y);
        vectors.Add(gradient);
        return vectors;
    }

    void Drop(int index)
    {
        free.Enqueue(s[index]);
        free.Enqueue(y[index]);
        s.RemoveAt(index);
        y.RemoveAt(index);
        for (int i = index; i < Count; i++)
        {
            (sg[i], yg[i]) = (sg[i + 1], yg[i + 1]);
            for (int j = index; j < Count; j++) (sy[i, j], yy[i, j]) = (sy[i + 1, j + 1], yy[i + 1, j + 1]);
        }
    }
}
