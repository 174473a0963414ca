namespace GpuStyle.Optimization;

/// <summary>
/// Whether a size's loss has stalled: the lowest of its last <see cref="Window"/> losses lies less than a share below the lowest before them. Lowest
/// ones, since Adam's losses go up and down, and L-BFGS's do where it searches no line.
/// </summary>
/// <param name="share">The fall that is asked for, relative to the loss; 0 never stalls.</param>
internal sealed class StallTest(double share)
{
    /// <summary>Iterations over which the fall is measured.</summary>
    public const int Window = 20;

    readonly Queue<double> last = new(Window + 1);
    double before = double.PositiveInfinity;

    /// <summary>Takes an iteration's loss and says whether that is enough.</summary>
    public bool After(double loss)
    {
        if (share <= 0) return false;
        last.Enqueue(loss);
        if (last.Count <= Window) return false;
        before = Math.Min(before, last.Dequeue());
        return last.Min() >= (1 - share) * before;
    }
}
