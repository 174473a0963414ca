namespace GpuStyle.Kernels;

/// <summary>
/// The root of a matrix by matrix products alone, so that no host takes part: the coupled Newton-Schulz iteration (Higham 2008, Functions of
/// Matrices, equation 6.35) with a factor that hastens its start (Chen and Chow 2014).
/// <code>
/// Y = A / tr A + guard I     Z = I        then, a fixed number of times      T = 3/2 r I - 1/2 r^3 Z Y     Y = Y T     Z = T Z
/// A^1/2 = (Y - guard/2 Z) sqrt(tr A)       A^-1/2 = (Z + guard/2 Z^3) / sqrt(tr A)
/// </code>
/// A singular value x of Y becomes r x (3 - r^2 x^2) / 2. The r of each step is the one that raises the least value most, but at most
/// <see cref="MostFactor"/>: with more, values near 1 would come so close to 0 that rounding might take them below. The guard keeps
/// rounding errors of A, some 1e-7 of its trace, from making an eigenvalue negative, from where the iteration diverges. Its effect is taken back
/// to first order.
/// <code>
/// scratch, for each order met, kept: four matrices and one number
/// </code>
/// </summary>
internal abstract class NewtonSchulz(Device device) : IMatrices
{
    const double Guard = 5e-7, MostFactor = 1.483, Converged = 1e-7;

    static readonly double[] Factors = [.. Schedule()];

    readonly Dictionary<int, TensorList> roots = [];

    public abstract void Combine(Tensor matrix, double scale, Tensor? vector, double vectorScale, double diagonal, Tensor result);

    public abstract void Multiply(Tensor left, Tensor right, double scale, double diagonal, Tensor result);

    public abstract void Apply(Tensor matrix, Tensor vector, double scale, Tensor result, bool accumulate);

    public abstract void Trace(Tensor matrix, double scale, ScalarSlot sum);

    public virtual void ForecastScratch(int order, bool root, ScratchForecast forecast)
    {
        if (root) forecast.Add($"root of order {order}", Scratch(order).Sum(device.StorageBytes));
    }

    /// <summary>Four matrices and a trace.</summary>
    static IEnumerable<Shape> Scratch(int order) => [.. Enumerable.Repeat(Shape.Matrix(order), 4), new(1, 1, 1)];

    public void SquareRoot(Tensor matrix, Tensor root, Tensor inverseRoot)
    {
        int order = IMatrices.Order(matrix, root, inverseRoot);
        if (!roots.TryGetValue(order, out var tensors))
            roots[order] = tensors = TensorList.Of(device, Scratch(order));
        var (y, z, t, next, trace) = (tensors[0], tensors[1], tensors[2], tensors[3], tensors[4]);
        Normalise(matrix, Guard, y, trace);
        for (int i = 0; i < Factors.Length; i++)
        {
            double r = Factors[i], quadratic = -r * r * r / 2, constant = 1.5 * r;
            if (i == 0)
            {
                Combine(y, quadratic, null, 0, constant, z); // T itself, Z being the identity so far
                Multiply(y, z, 1, 0, next);
                (y, next) = (next, y);
                continue;
            }
            Multiply(z, y, quadratic, constant, t);
            Multiply(y, t, 1, 0, next);
            (y, next) = (next, y);
            Multiply(t, z, 1, 0, next);
            (z, next) = (next, z);
        }
        device.Vectors.Combine([y, z], [1, -Guard / 2], y);
        ScaleByRoot(y, trace, inverse: false, root);
        Multiply(z, z, 1, 0, t);
        Multiply(t, z, Guard / 2, 0, next);
        device.Vectors.Combine([z, next], [1, 1], next);
        ScaleByRoot(next, trace, inverse: true, inverseRoot);
    }

    /// <summary>trace[0] = tr A, result = A / tr A + diagonal I.</summary>
    protected abstract void Normalise(Tensor matrix, double diagonal, Tensor result, Tensor trace);

    /// <summary>result = A times the root of the number, or over it.</summary>
    protected abstract void ScaleByRoot(Tensor matrix, Tensor number, bool inverse, Tensor result);

    /// <summary>The factors until the least value that there may be has become 1.</summary>
    static IEnumerable<double> Schedule()
    {
        double least = Math.Sqrt(Guard);
        while (least < 1 - Converged)
        {
            double r = Math.Min(MostFactor, Math.Sqrt(3 / (1 + least + least * least)));
            yield return r;
            double atLeast = r * least * (3 - r * r * least * least) / 2, atOne = r * (3 - r * r) / 2;
            least = Math.Min(atLeast, atOne);
        }
        yield return 1;
    }
}
