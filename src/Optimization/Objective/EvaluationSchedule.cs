namespace GpuStyle.Optimization;

/// <summary>What an evaluation does at a step.</summary>
public enum EvaluationAction
{
    /// <summary>Sums and gradient become 0; the losses of the whole picture are added, statistics are begun.</summary>
    Begin,

    /// <summary>A block runs forward, and the terms add what it owns to their statistics.</summary>
    AddStatistics,

    /// <summary>Statistics are complete, on all devices: the terms find their losses and the gradient of the statistics.</summary>
    FinishStatistics,

    /// <summary>A block runs forward, and the terms add what it owns to the norms of their gradients.</summary>
    AddNorms,

    /// <summary>The same of a block whose features are still there.</summary>
    AddNormsAgain,

    /// <summary>Norms are complete, on all devices.</summary>
    FinishNorms,

    /// <summary>A block runs forward.</summary>
    Forward,

    /// <summary>A block whose features are there runs backward, and adds its part to the gradient.</summary>
    Backward,

    /// <summary>The gradient is made 0 where pixels are kept.</summary>
    End,
}

/// <summary>One step of an evaluation; <paramref name="Block"/> is the block's number where the action is a block's.</summary>
public readonly record struct EvaluationStep(EvaluationAction Action, int Block = -1)
{
    /// <inheritdoc/>
    public override string ToString() => Block < 0 ? $"{Action}" : $"{Action} {Block}";
}

/// <summary>
/// The steps of an evaluation, which share one set of buffers between the blocks of a picture: statistics are added up over all of them
/// before the first runs backward, so that each block but the last runs forward twice. Made without a device; <see cref="Objective"/> does
/// it.
/// </summary>
public static class EvaluationSchedule
{
    /// <summary>Makes the schedule.</summary>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="statistics">Whether any term adds up statistics of the whole picture.</param>
    /// <param name="norms">Whether terms are divided by the norms of their gradients.</param>
    public static IReadOnlyList<EvaluationStep> Make(int blocks, bool statistics, bool norms)
    {
        List<EvaluationStep> steps = [new(EvaluationAction.Begin)];
        int last = blocks - 1;
        // The block whose features are there.
        int there = -1;
        if (statistics) Each(EvaluationAction.AddStatistics);
        steps.Add(new(EvaluationAction.FinishStatistics));
        if (norms)
        {
            if (there == 0) steps.Add(new(EvaluationAction.AddNormsAgain, 0));
            else Each(EvaluationAction.AddNorms);
            steps.Add(new(EvaluationAction.FinishNorms));
        }
        for (int block = last; block >= 0; block--)
        {
            if (block != there) steps.Add(new(EvaluationAction.Forward, block));
            steps.Add(new(EvaluationAction.Backward, block));
        }
        steps.Add(new(EvaluationAction.End));
        return steps;

        void Each(EvaluationAction action)
        {
            for (int block = 0; block < blocks; block++) steps.Add(new(action, block));
            there = last;
        }
    }

    /// <summary>The schedule of an objective for pictures of a size.</summary>
    public static IReadOnlyList<EvaluationStep> Of(ObjectiveSettings settings, int blocks) =>
        Make(blocks, settings.StyleLayers.Count > 0 || settings.IsSampled, settings.NormaliseGradients);
}
