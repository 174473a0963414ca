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

    /// <summary>Whether the loss has stalled.</summary>
    public bool Stalled { get; private set; }

    /// <summary>The last losses, oldest first.</summary>
    public double[] Last => [.. last];

    /// <summary>The lowest loss before these.</summary>
    public double Before { get; private set; } = double.PositiveInfinity;

    /// <summary>Takes an iteration's loss.</summary>
    public void Add(double loss)
    {
        if (share <= 0) return;
        last.Enqueue(loss);
        if (last.Count <= Window) return;
        Before = Math.Min(Before, last.Dequeue());
        Stalled = last.Min() >= (1 - share) * Before;
    }

    /// <summary>Goes on from another one's losses.</summary>
    public void Restore(double[] losses, double before, bool stalled)
    {
        last.Clear();
        foreach (double loss in losses) last.Enqueue(loss);
        (Before, Stalled) = (before, stalled);
    }
}
