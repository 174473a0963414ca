using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>What evaluations cost.</summary>
public static class CostModel
{
    /// <summary>
    /// Floating-point operations of an evaluation: those of its schedule's convolutions, margins of blocks included, and of matches between
    /// samples.
    /// </summary>
    /// <param name="table">The network's channels.</param>
    /// <param name="settings">What is minimized.</param>
    /// <param name="height">The picture's height.</param>
    /// <param name="width">The picture's width.</param>
    /// <param name="blockSize">The most that a block has on a side, in pixels; 0: the whole picture at once.</param>
    /// <param name="band">The device's part, if several share the picture.</param>
    public static double Flops(LayerTable table, ObjectiveSettings settings, int height, int width, int blockSize = 0, Band? band = null)
    {
        var deepest = settings.Deepest();
        double[] once = [.. settings.Blocks(height, width, blockSize, band).Select(block => table.Flops(deepest, block))];
        double convolutions = EvaluationSchedule.Of(settings, once.Length).Sum(step => step.Action switch
        {
            EvaluationAction.AddStatistics or EvaluationAction.AddNorms or EvaluationAction.Forward or EvaluationAction.Backward =>
                once[step.Block],
            _ => 0,
        });
        return convolutions + NeighborTerms.Flops(table, settings, height, width) + TransportTerms.Flops(table, settings, height, width)
            + SelfSimilarityTerms.Flops(table, settings, height, width);
    }
}
