using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// Which evaluations leave out the terms of one layer where those hardly count: their gradient, as it comes down to the layer, the
/// next term's layer or the picture, is then that of the last evaluation that did not, and so is their loss. One gradient serves the fewer evaluations the larger
/// its loss's share of the total is: <see cref="WholeShare"/> / share of the most (docs/decisions/lag.md).
/// </summary>
/// <param name="most">Evaluations that one gradient serves at most, at least 1.</param>
/// <param name="terms">The terms.</param>
/// <param name="joins">Whether an evaluation keeps no gradient of theirs where they are known to count; else each that does not lag keeps it.</param>
internal sealed class GradientLag(int most, TapTerm[] terms, bool joins = false)
{
    /// <summary>The share of the total up to which a gradient serves as many evaluations as it may.</summary>
    public const double WholeShare = 1e-3;

    readonly double[] losses = new double[terms.Length];
    double last = double.NaN, before = double.NaN;
    int served;

    /// <summary>What the evaluation that was begun last does about their gradient: if <see cref="OwnGradient.Joined"/>, there is none that the next may use.</summary>
    public OwnGradient State { get; private set; }

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
        bool known = double.IsFinite(last);
        double serves = known ? Math.Min(most, most * WholeShare * last / sum) : 1;
        bool goesOn = State != OwnGradient.Joined && served + 1 <= serves && !(last > before);
        served = goesOn ? served + 1 : 1;
        State = goesOn ? OwnGradient.Kept : joins && known && !(serves >= 2) ? OwnGradient.Joined : OwnGradient.Renewed;
        (before, last) = (last, double.NaN);
    }

    /// <summary>Whether the term is one of these.</summary>
    public bool Has(TapTerm term) => Array.IndexOf(terms, term) >= 0;

    /// <summary>The loss of one of the terms before its weight, from the sums of the evaluation that was begun last.</summary>
    public double Loss(TapTerm term, ReadOnlySpan<double> sums)
    {
        int i = Array.IndexOf(terms, term);
        if (State != OwnGradient.Kept) losses[i] = term.Loss(sums);
        return losses[i];
    }
}
