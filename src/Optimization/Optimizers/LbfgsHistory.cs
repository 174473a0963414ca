using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>A gradient g and M g, where M is the preconditioner; one and the same tensor without one.</summary>
internal readonly record struct ScaledGradient(Tensor Plain, Tensor Scaled);

/// <summary>
/// The pairs that L-BFGS remembers, and its two-loop recursion (Nocedal and Wright 2006, algorithm 7.4) from H0 = gamma M. The recursion
/// only ever needs the steps s_i, the scaled changes of the gradient z_i = M y_i, and inner products of these with each other's
/// changes y and with the gradient; those products are kept here in double precision, so that an iteration is two passes over the pairs on the
/// device - one for inner products with the new gradient, one to combine the direction - with a single wait between them.
/// <para>
/// The new row of each table costs no pass: s_i.y_k = s_i.g - s_i.g_previous, and likewise for z_i.y_k.
/// </para>
/// </summary>
internal sealed class LbfgsHistory : IDisposable
{
    /// <summary>A pair is kept only if its curvature s.y is positive against the lengths of both vectors.</summary>
    const double RelativeCurvature = 1e-10;

    readonly Device device;
    readonly Scalars sums;
    readonly int capacity, first, window;
    readonly bool packed;
    readonly List<Tensor> s = [], z = [];
    readonly Queue<Tensor> free = [];
    readonly double[,] sy, zy;
    readonly double[] sg, zg, alpha, c, coefficients;
    readonly List<Tensor> vectors = [];
    bool pending;

    /// <summary>Allocates everything.</summary>
    /// <param name="device">Where the vectors lie.</param>
    /// <param name="shape">Their shape.</param>
    /// <param name="capacity">Pairs to remember.</param>
    /// <param name="sums">Where inner products go.</param>
    /// <param name="first">The first slot of them, of <see cref="SumCount"/>.</param>
    /// <param name="window">gamma is the largest s.y / z.y of so many last pairs.</param>
    /// <param name="packed">Whether pairs are kept in bfloat16.</param>
    public LbfgsHistory(Device device, Shape shape, int capacity, Scalars sums, int first, int window, bool packed)
    {
        (this.device, this.sums, this.capacity, this.first, this.window, this.packed) = (device, sums, capacity, first, window, packed);
        Step = device.Allocate(shape);
        try
        {
            for (int i = 0; i < 2 * capacity; i++) free.Enqueue(packed ? device.AllocatePacked(shape) : device.Allocate(shape));
        }
        catch
        {
            Dispose();
            throw;
        }
        (sy, zy, sg, zg) = (new double[capacity, capacity], new double[capacity, capacity], new double[capacity], new double[capacity]);
        (alpha, c, coefficients) = (new double[capacity], new double[capacity], new double[2 * capacity + 1]);
    }

    /// <summary>Slots needed for the inner products.</summary>
    public static int SumCount(int capacity) => 2 * capacity + 5;

    /// <summary>Bytes of device memory taken.</summary>
    public static long StorageBytes(Device device, Shape shape, int capacity, bool packed) =>
        2 * capacity * (packed ? device.PackedBytes(shape) : device.StorageBytes(shape)) + device.StorageBytes(shape);

    /// <summary>The direction, then the step taken, from the current picture: s of the next pair.</summary>
    public Tensor Step { get; }

    /// <summary>The square of the last scaled gradient, Mg.Mg.</summary>
    public double ScaledSquare { get; private set; }

    /// <summary>g.Mg of the last gradient.</summary>
    double GradientSquare { get; set; }

    /// <summary>Pairs in use.</summary>
    public int Count => s.Count;

    /// <summary>Forgets every pair.</summary>
    public void Clear()
    {
        while (Count > 0) Drop(0);
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
    public void Queue(ScaledGradient gradient, ScaledGradient? previous)
    {
        pending = previous is not null;
        if (previous is { } old)
        {
            if (Count == capacity) Drop(0);
            device.Vectors.Combine([gradient.Scaled, old.Scaled], [1, -1], old.Scaled);
            if (old.Plain != old.Scaled) device.Vectors.Combine([gradient.Plain, old.Plain], [1, -1], old.Plain);
            s.Add(Kept(Step));
            z.Add(Kept(old.Scaled));
            device.Vectors.Dot([s[^1], z[^1]], old.Plain, sums, first + 2 * Count + 2);
            device.Vectors.Dot([Step], Step, sums, first + 2 * Count + 4);
        }
        device.Vectors.Dot(PairsAnd(gradient.Scaled), gradient.Plain, sums, first);
        device.Vectors.Dot([gradient.Scaled], gradient.Scaled, sums, first + 2 * Count + 1);
    }

    /// <summary>
    /// Takes the inner products that were read; drops the new pair if its curvature is not positive. Returns false if the last
    /// step changed nothing at all, being too short for the picture's float32, so that the next would be the same again.
    /// </summary>
    public bool Absorb(ReadOnlySpan<double> values)
    {
        values = values[first..];
        int n = Count, k = n - 1;
        (GradientSquare, ScaledSquare) = (values[2 * n], values[2 * n + 1]);
        double newSy = values[2 * n + 2], newZy = values[2 * n + 3], newSs = values[2 * n + 4];
        if (pending)
        {
            for (int i = 0; i < k; i++)
            {
                sy[i, k] = values[i] - sg[i];
                zy[i, k] = zy[k, i] = values[n + i] - zg[i];
            }
            (sy[k, k], zy[k, k]) = (newSy, newZy);
        }
        values[..n].CopyTo(sg);
        values[n..(2 * n)].CopyTo(zg);
        bool moved = !pending || newZy > 0;
        if (pending && !(newSy > RelativeCurvature * Math.Sqrt(newZy) * Math.Sqrt(newSs))) Drop(k);
        pending = false;
        return moved;
    }

    /// <summary>
    /// Writes the direction -H g into <see cref="Step"/> and returns the direction's slope g.d, which is not
    /// negative only if rounding has spoilt the history.
    /// </summary>
    public double Direction(Tensor scaledGradient)
    {
        int n = Count;
        for (int i = n - 1; i >= 0; i--)
        {
            double sq = -sg[i];
            for (int j = i + 1; j < n; j++) sq -= alpha[j] * sy[i, j];
            alpha[i] = sq / sy[i, i];
        }
        double h = Gamma(), slope = -GradientSquare;
        for (int j = 0; j < n; j++) slope -= alpha[j] * zg[j];
        slope *= h;
        for (int i = 0; i < n; i++)
        {
            double yd = -zg[i];
            for (int j = 0; j < n; j++) yd -= alpha[j] * zy[i, j];
            yd *= h;
            for (int j = 0; j < i; j++) yd += c[j] * sy[j, i];
            c[i] = alpha[i] - yd / sy[i, i];
            slope += c[i] * sg[i];
        }
        for (int i = 0; i < n; i++) (coefficients[i], coefficients[n + i]) = (c[i], -h * alpha[i]);
        coefficients[2 * n] = -h;
        device.Vectors.Combine(PairsAnd(scaledGradient), coefficients.AsSpan(0, 2 * n + 1), Step);
        return slope;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in s.Concat(z).Concat(free).Append(Step)) tensor.Dispose();
    }

    /// <summary>A free tensor with these values.</summary>
    Tensor Kept(Tensor values)
    {
        var tensor = free.Dequeue();
        if (packed) device.Vectors.Pack(values, tensor);
        else device.Vectors.Copy(values, tensor);
        return tensor;
    }

    double Gamma()
    {
        if (Count == 0) return 1;
        double gamma = 0;
        for (int i = Math.Max(0, Count - window); i < Count; i++) gamma = Math.Max(gamma, sy[i, i] / zy[i, i]);
        return gamma;
    }

    /// <summary>Every s, every z and the scaled gradient, in a list that is made once.</summary>
    List<Tensor> PairsAnd(Tensor scaledGradient)
    {
        vectors.Clear();
        vectors.AddRange(s);
        vectors.AddRange(z);
        vectors.Add(scaledGradient);
        return vectors;
    }

    void Drop(int index)
    {
        free.Enqueue(s[index]);
        free.Enqueue(z[index]);
        s.RemoveAt(index);
        z.RemoveAt(index);
        for (int i = index; i < Count; i++)
        {
            (sg[i], zg[i]) = (sg[i + 1], zg[i + 1]);
            for (int j = index; j < Count; j++) (sy[i, j], zy[i, j]) = (sy[i + 1, j + 1], zy[i + 1, j + 1]);
        }
    }
}
