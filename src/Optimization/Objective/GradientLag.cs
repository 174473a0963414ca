using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// Which evaluations leave out the terms of one layer where those hardly count: their gradient, as it comes down to the layer, the
/// next term's layer or the picture, is then that of the last evaluation that did not, and so is their loss. One gradient serves the fewer
/// evaluations the larger its loss's share of the total is: <see cref="WholeShare"/> / share of the most (docs/decisions/lag.md).
/// <para>
/// A small loss may also be one at its minimum, which any move of the picture raises. So it is measured how far the moves between two
/// gradients of their own have changed the
/// loss, and the next gradient serves only as many as would change it by <see cref="WholeShare"/> of the total; the first one, which
/// nothing is known about, serves one.
/// </para>
/// </summary>
/// <param name="most">Evaluations that one gradient serves at most, at least 1.</param>
/// <param name="terms">The terms.</param>
/// <param name="joins">
/// Whether an evaluation keeps no gradient of theirs where they are known to count; else each that does not lag keeps it.
/// </param>
internal sealed class GradientLag(int most, TapTerm[] terms, bool joins = false)
{
    /// <summary>The share of the total up to which a gradient serves as many evaluations as it may.</summary>
    public const double WholeShare = 1e-3;

    readonly double[] losses = new double[terms.Length];
    double last = double.NaN, before = double.NaN, earlier = double.NaN, bound = 1;
    int served, moves;

    /// <summary>
    /// What the evaluation that was begun last does about their gradient: if <see cref="OwnGradient.Joined"/>, there is none that the next
    /// may use.
    /// </summary>
    public OwnGradient State { get; private set; }

    /// <summary>The total of the evaluation that was begun last, once it has been read.</summary>
    public double Total { set => last = value; }

    /// <summary>
    /// An evaluation begins. After a total that rose the kept gradient is dropped: the optimizer may take that step back, and the
    /// gradient belongs to neither place.
    /// </summary>
    public void Begin()
    {
        double sum = 0;
        for (int i = 0; i < losses.Length; i++) sum += terms[i].Weight * losses[i];
        // A total that is not finite, or was never read, ends it too.
        bool known = double.IsFinite(last);
        if (served == 1)
        {
            // The loss changes at most with the square of the distance where it is at its minimum, and about in proportion elsewhere.
            bound = known && double.IsFinite(earlier) ? Math.Max(1, moves * Math.Sqrt(WholeShare * last / Math.Abs(sum - earlier))) : 1;
            (earlier, moves) = (sum, 0);
        }
        double serves = known ? Math.Min(most, most * WholeShare * last / sum) : 1;
        bool goesOn = State != OwnGradient.Joined && served + 1 <= Math.Min(serves, bound) && !(last > before);
        served = goesOn ? served + 1 : 1;
        moves++;
        State = goesOn ? OwnGradient.Kept : joins && known && !(serves >= 2) ? OwnGradient.Joined : OwnGradient.Renewed;
        (before, last) = (last, double.NaN);
    }

    /// <summary>The next evaluation computes everything anew.</summary>
    public void Forget() => last = double.NaN;

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
