using GpuStyle.Kernels;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>Where a run stands while it is rehearsed.</summary>
internal enum RunMoment
{
    /// <summary>The network's weights are prepared.</summary>
    NetworkMade,

    /// <summary>The targets are there, and everything that evaluations need.</summary>
    ObjectiveMade,

    /// <summary>So is the optimizer, with the pictures that a size falls back on.</summary>
    OptimizerMade,

    /// <summary>The size has ended, and all of it is still there.</summary>
    SizeEnds,
}

/// <summary>
/// A run on devices that only count (<see cref="CountingDevice"/>): it constructs all that the real one does, takes as many steps as it
/// takes until nothing is allocated any more, and tells what each device would hold.
/// </summary>
internal sealed class RunRehearsal(DeviceGroup counting, TransferSettings settings)
{
    /// <summary>Steps after which an optimizer's memory is full, besides those that fill L-BFGS's history.</summary>
    const int Steps = 3;

    readonly Dictionary<Device, Counted> counted = [];

    /// <summary>Runs it.</summary>
    /// <param name="weights">The network's weights.</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="width">Width of the result.</param>
    /// <param name="styles">Heights and widths of the style pictures.</param>
    /// <param name="guidance">Which style goes where; null: all of them everywhere.</param>
    public void Run(VggWeights weights, int height, int width, IReadOnlyList<(int Height, int Width)> styles, Guidance? guidance)
    {
        var picture = Gray(height, width);
        var pictures = new TransferPictures(height, width, picture, [.. styles.Select(s => Gray(s.Height, s.Width))], picture, guidance);
        // Noise would be drawn for every pixel. A line search finds nothing among losses that are all the same; a limit to their rise keeps
        // the same vector.
        var rehearsed = settings.Init == InitKind.Noise ? settings with { Init = InitKind.Picture } : settings;
        if (settings.Optimizer.LineSearch == LineSearch.StrongWolfe)
            rehearsed = rehearsed with { Optimizer = settings.Optimizer with { LineSearch = LineSearch.None, MostRise = double.MaxValue } };
        new StyleTransfer(counting, weights, rehearsed) { Rehearsal = this }.Run(pictures).Dispose();
    }

    /// <summary>The most iterations of a size.</summary>
    public static int MostIterations(PyramidLevel level, int history) => Math.Min(level.Iterations, history + Steps);

    /// <summary>The run has come to a moment.</summary>
    public void Note(RunMoment moment)
    {
        foreach (var device in counting.Opened)
        {
            if (!counted.TryGetValue(device, out var of)) counted[device] = of = new((CountingDevice)device);
            of.Note(moment);
        }
    }

    /// <summary>What a device would hold: at each size, and for weights and scratch.</summary>
    public DevicePlan Of(Device device, IReadOnlyList<LevelPlan> levels)
    {
        var of = (CountingDevice)device;
        var sizes = counted.TryGetValue(device, out var found) ? found.Sizes : [];
        var plans = levels.Select((level, i) => i < sizes.Count
            ? level with { ObjectiveBytes = sizes[i].Objective, OptimizerBytes = sizes[i].Optimizer, PeakBytes = sizes[i].Peak }
            : level);
        return new(device.Name, [.. plans], found?.Weights ?? 0, of.ScratchBytes, of.PeakBytes);
    }

    static PictureSource Gray(int height, int width) => new(height, width, (h, w, take) =>
    {
        var row = new float[3 * w];
        for (int y = 0; y < h; y++) take(y, row);
    });

    /// <summary>A device's bytes at the moments of a run.</summary>
    sealed class Counted(CountingDevice device)
    {
        readonly List<(long Objective, long Optimizer, long Peak)> sizes = [];
        long before, objective, optimizer;

        public IReadOnlyList<(long Objective, long Optimizer, long Peak)> Sizes => sizes;

        public long Weights { get; private set; }

        public void Note(RunMoment moment)
        {
            // Scratch is told apart.
            long now = device.AllocatedBytes - device.ScratchBytes;
            Weights = Math.Max(Weights, device.WeightBytes);
            switch (moment)
            {
                case RunMoment.ObjectiveMade:
                    objective = now - before;
                    break;
                case RunMoment.OptimizerMade:
                    optimizer = now - before - objective;
                    break;
                case RunMoment.SizeEnds:
                    sizes.Add((objective, optimizer, device.TakePeak()));
                    break;
            }
            before = moment is RunMoment.NetworkMade or RunMoment.SizeEnds ? device.WeightBytes : before;
        }
    }
}
