namespace GpuStyle.Optimization;

/// <summary>
/// Which evaluations leave out the layers that only the deepest terms look at, where those hardly count: their gradient, as it comes down to the
/// next term's layer, is then that of the last evaluation that did not, and so is their loss. They hardly count while they are at most
/// <see cref="LargestShare"/> of the total (docs/decisions/lag.md).
/// </summary>
/// <param name="most">Evaluations that one gradient serves, at least 1.</param>
/// <param name="deepest">The terms.</param>
internal sealed class GradientLag(int most, TapTerm[] deepest)
{
    /// <summary>The largest share of the total that is left to lag.</summary>
    public const double LargestShare = 1e-3;

    readonly double[] losses = new double[deepest.Length];
    double last = double.NaN, before = double.NaN;
    int left;

    /// <summary>Whether the evaluation that was begun last leaves them out.</summary>
    public bool Lags { get; private set; }

    /// <summary>The total of the evaluation that was begun last, once it has been read.</summary>
    public double Total { set => last = value; }

    /// <summary>
    /// An evaluation begins. Where the total has risen the picture has gone far, and the optimiser may take that step back: a gradient from before is none to go on with,
    /// nor one from there.
    /// </summary>
    public void Begin()
    {
        double sum = 0;
        for (int i = 0; i < losses.Length; i++) sum += deepest[i].Weight * losses[i];
        // A total that is not finite, or was never read, ends it too.
        bool goesOn = double.IsFinite(last) && sum <= LargestShare * last && !(last > before);
        left = !goesOn ? 0 : Lags ? left - 1 : most - 1;
        Lags = left > 0;
        (before, last) = (last, double.NaN);
    }

    /// <summary>A term's loss before its weight, from the sums of the evaluation that was begun last.</summary>
    public double Loss(TapTerm term, ReadOnlySpan<double> sums)
    {
        int i = Array.IndexOf(deepest, term);
        if (i < 0) return term.Loss(sums);
        if (!Lags) losses[i] = term.Loss(sums);
        return losses[i];
    }
}
