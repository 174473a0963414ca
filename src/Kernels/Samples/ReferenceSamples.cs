namespace GpuStyle.Kernels;

internal sealed class ReferenceSamples : ISamples
{
    public void Multiply(Tensor left, bool leftTurned, Tensor right, bool rightTurned, double factor, Tensor result, bool accumulate)
    {
        var (m, n, k) = ISamples.CheckProduct(left, leftTurned, right, rightTurned, result);
        Span<double> a = left.Values(), b = right.Values();
        for (int i = 0; i < m; i++)
        {
            var row = new double[n];
            for (int l = 0; l < k; l++)
            {
                double x = leftTurned ? a[l * m + i] : a[i * k + l];
                for (int j = 0; j < n; j++) row[j] += x * (rightTurned ? b[j * k + l] : b[l * n + j]);
            }
            var to = result.Row(0, i);
            for (int j = 0; j < n; j++) to[j] = factor * row[j] + (accumulate ? to[j] : 0);
        }
    }

    public void Relate(Tensor products)
    {
        for (int i = 0; i < ISamples.CheckSquare(products); i++) Relate(products.Row(0, i), i);
    }

    public void CompareRelations(Tensor products, Tensor target, double factor, ScalarSlot sum)
    {
        int order = ISamples.CheckSquare(products);
        ISamples.CheckSame(products, target);
        var gradient = new double[order, order];
        for (int i = 0; i < order; i++)
        {
            Span<double> row = products.Row(0, i), of = target.Row(0, i);
            var (divisor, free) = Relate(row, i);
            double along = 0;
            for (int j = 0; j < order; j++)
            {
                sum.Add(Math.Abs(row[j] - of[j]));
                along += Math.Sign(row[j] - of[j]) * row[j];
            }
            for (int j = 0; j < order; j++) gradient[i, j] = (Math.Sign(row[j] - of[j]) - (free ? along : 0)) / divisor;
        }
        for (int i = 0; i < order; i++)
            for (int j = 0; j < order; j++) products.Row(0, i)[j] = -factor * (gradient[i, j] + gradient[j, i]);
    }

    public void Deviate(Tensor values, Tensor target, double factor, ScalarSlot sum)
    {
        ISamples.CheckSame(values, target);
        Span<double> x = values.Values(), y = target.Values();
        for (int i = 0; i < x.Length; i++)
        {
            sum.Add(Math.Abs(x[i] - y[i]));
            x[i] = factor * Math.Sign(x[i] - y[i]);
        }
    }

    public void TakeLarger(Tensor first, ScalarSlot ofFirst, double firstFactor, Tensor second, ScalarSlot ofSecond, double secondFactor)
    {
        ISamples.CheckSame(first, second);
        if (secondFactor * Value(ofSecond) > firstFactor * Value(ofFirst)) second.Values().CopyTo(first.Values());
    }

    public void NearestColors(Tensor colors, Tensor others, Tensor nearest)
    {
        ISamples.CheckColors(colors, others, nearest);
        for (int p = 0; p < colors.Shape.Height; p++)
        {
            double best = double.PositiveInfinity;
            for (int q = 0; q < others.Shape.Height; q++)
            {
                double distance = Distance(colors.Row(0, p), others.Row(0, q), 0, default);
                if (distance < best) (best, nearest.Values()[p]) = (distance, q);
            }
        }
    }

    public void PullColors(Tensor colors, Tensor others, Tensor nearest, bool ofOthers, double factor, ScalarSlot sum, Tensor gradient)
    {
        if (ofOthers) ISamples.CheckColors(others, colors, nearest);
        else ISamples.CheckColors(colors, others, nearest);
        ISamples.CheckSame(colors, gradient);
        for (int i = 0; i < nearest.Shape.Width; i++)
        {
            int partner = (int)nearest.Values()[i], p = ofOthers ? partner : i, q = ofOthers ? i : partner;
            sum.Add(Distance(colors.Row(0, p), others.Row(0, q), factor, gradient.Row(0, p)));
        }
    }

    /// <summary>Returns the divisor, and whether it is the sum of the row's distances.</summary>
    static (double Divisor, bool Free) Relate(Span<double> row, int diagonal)
    {
        double sum = 0, least = (double)ISamples.LeastDistance * row.Length;
        for (int j = 0; j < row.Length; j++)
        {
            row[j] = j == diagonal ? 0 : 1 - row[j];
            sum += row[j];
        }
        double divisor = Math.Max(sum, least);
        foreach (ref double x in row) x /= divisor;
        return (divisor, sum > least);
    }

    /// <summary>The distance of two colors; adds factor times its gradient with respect to the first, if there is a place for it.</summary>
    static double Distance(ReadOnlySpan<double> a, ReadOnlySpan<double> b, double factor, Span<double> gradient)
    {
        double own = Math.Sqrt(Product(a, a)), length = Math.Max(own, ISamples.LeastColor);
        double other = Math.Max(Math.Sqrt(Product(b, b)), ISamples.LeastColor), squares = 0;
        for (int i = 0; i < 3; i++) squares += (a[i] - b[i]) * (a[i] - b[i]);
        double cosine = Product(a, b) / (length * other), root = Math.Sqrt(Math.Max(squares, ISamples.LeastSquares) / 3);
        for (int i = 0; i < gradient.Length; i++)
        {
            double along = own > ISamples.LeastColor ? cosine * a[i] / length : 0;
            double apart = squares > ISamples.LeastSquares ? (a[i] - b[i]) / (3 * root) : 0;
            gradient[i] += factor * (apart - (b[i] / other - along) / length);
        }
        return 1 - cosine + root;
    }

    static double Value(ScalarSlot slot) => ((ReferenceScalars)slot.Scalars).Values[slot.Index];

    static double Product(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++) sum += x[i] * y[i];
        return sum;
    }
}
