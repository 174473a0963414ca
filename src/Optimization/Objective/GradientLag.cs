namespace GpuStyle.Optimization;

/// <summary>
/// Which evaluations leave out the terms of one layer, the deepest or the first, where those hardly count: their gradient, as it comes down to the
/// next term's layer or to the picture, is then that of the last evaluation that did not, and so is their loss. They hardly count while they are at most
/// <see cref="LargestShare"/> of the total (docs/decisions/lag.md).
/// </summary>
/// <param name="most">Evaluations that one gradient serves, at least 1.</param>
/// <param name="terms">The terms.</param>
/// <param name="joins">Whether an evaluation keeps no gradient of theirs where they are known to count; else each that does not lag keeps it.</param>
internal sealed class GradientLag(int most, TapTerm[] terms, bool joins = false)
{
    /// <summary>The largest share of the total that is left to lag.</summary>
    public const double LargestShare = 1e-3;

    readonly double[] losses = new double[terms.Length];
    double last = double.NaN, before = double.NaN;
    int left;

    /// <summary>Whether the evaluation that was begun last leaves them out.</summary>
    public bool Lags { get; private set; }

    /// <summary>Whether there is a gradient that the next evaluation may use, by the end of the one that was begun last.</summary>
    public bool Keeps { get; private set; }

    /// <summary>The total of the evaluation that was begun last, once it has been read.</summary>
    public double Total { set => last = value; }

    /// <summary>
    /// An evaluation begins. Where the total has risen the picture has gone far, and the optimiser may take that step back: a gradient from before is none to go on with,
    /// nor one from there.
    /// </summary>
    public void Begin()
    {
        double sum = 0;
        for (int i = 0; i < losses.Length; i++) sum += terms[i].Weight * losses[i];
        // A total that is not finite, or was never read, ends it too.
        bool known = double.IsFinite(last), small = sum <= LargestShare * last;
        bool goesOn = Keeps && known && small && !(last > before);
        left = !goesOn ? 0 : Lags ? left - 1 : most - 1;
        Lags = left > 0;
        Keeps = Lags || !joins || !known || small;
        (before, last) = (last, double.NaN);
    }

    /// <summary>Whether the term is one of these.</summary>
    public bool Has(TapTerm term) => Array.IndexOf(terms, term) >= 0;

    /// <summary>The loss of one of the terms before its weight, from the sums of the evaluation that was begun last.</summary>
    public double Loss(TapTerm term, ReadOnlySpan<double> sums)
    {
        int i = Array.IndexOf(terms, term);
        if (!Lags) losses[i] = term.Loss(sums);
        return losses[i];
    }
}
