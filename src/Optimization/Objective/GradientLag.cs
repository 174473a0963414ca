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
    double last = double.PositiveInfinity;
    int left;
    bool judged;

    /// <summary>Whether the evaluation that was begun last leaves them out.</summary>
    public bool Lags { get; private set; }

    /// <summary>An evaluation begins.</summary>
    public void Begin()
    {
        Lags = left > 0;
        if (Lags) left--;
        judged = false;
    }

    /// <summary>A term's loss before its weight, from the sums of the evaluation that was begun last.</summary>
    public double Loss(TapTerm term, ReadOnlySpan<double> sums)
    {
        int i = Array.IndexOf(deepest, term);
        if (i < 0) return term.Loss(sums);
        if (!Lags) losses[i] = term.Loss(sums);
        return losses[i];
    }

    /// <summary>
    /// Decides about the evaluations to come by the last one's total, once. Where it has risen the picture has gone far, and the optimiser may take that step back: a gradient
    /// from before is none to go on with, nor one from there.
    /// </summary>
    public void Judge(double total)
    {
        if (judged) return;
        judged = true;
        double sum = 0;
        for (int i = 0; i < losses.Length; i++) sum += deepest[i].Weight * losses[i];
        if (!(sum <= LargestShare * total && total <= last)) left = 0;
        else if (!Lags) left = most - 1;
        last = total;
    }
}
