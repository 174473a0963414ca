using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>What one size of a run will take on a device.</summary>
/// <param name="Level">The size.</param>
/// <param name="Share">The part of the picture that the device evaluates, from 0 to 1.</param>
/// <param name="Seconds">All iterations at this size.</param>
public sealed record LevelPlan(PyramidLevel Level, double Share, double Seconds)
{
    /// <summary>Features and gradients of the network, targets, and the picture that is made.</summary>
    public long ObjectiveBytes { get; init; }

    /// <summary>The optimizer's vectors, and the pictures that a size falls back on.</summary>
    public long OptimizerBytes { get; init; }

    /// <summary>The most that is held at once until the size ends, weights and scratch included.</summary>
    public long PeakBytes { get; init; }
}

/// <summary>What a run will take on one device.</summary>
/// <param name="Device">Its name.</param>
/// <param name="Levels">Each size, coarsest first.</param>
/// <param name="WeightBytes">The network's weights as the device holds them.</param>
/// <param name="ScratchBytes">What the engine holds for its operations.</param>
/// <param name="PeakBytes">The most memory of the device that will be held at once.</param>
public sealed record DevicePlan(string Device, IReadOnlyList<LevelPlan> Levels, long WeightBytes, long ScratchBytes, long PeakBytes);

/// <summary>
/// A forecast of a run's memory and time, without running it: memory is what the same run holds on devices that only count
/// (<see cref="RunRehearsal"/>); for the time small evaluations are timed.
/// </summary>
/// <param name="Devices">Those that evaluate, in their order, and then the host if the optimizer's vectors live there and it does not
/// evaluate.</param>
public sealed record RunPlan(IReadOnlyList<DevicePlan> Devices)
{
    /// <summary>The most memory that will be held at once, of all devices together.</summary>
    public long PeakBytes => Devices.Sum(d => d.PeakBytes);

    /// <summary>All iterations. Devices wait for the slowest at each size.</summary>
    public double Seconds => Enumerable.Range(0, Devices[0].Levels.Count).Sum(l => Devices.Max(d => d.Levels[l].Seconds));

    /// <summary>Makes the plan. Prepares the weights and evaluates small pictures a few times to learn the devices' speed.</summary>
    /// <param name="devices">Where the run would be.</param>
    /// <param name="weights">VGG-19.</param>
    /// <param name="settings">The run's settings.</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="width">Width of the result.</param>
    /// <param name="styles">Heights and widths of the style pictures.</param>
    /// <param name="guidance">Which style goes where; null: all of them everywhere.</param>
    public static RunPlan Make(DeviceGroup devices, VggWeights weights, TransferSettings settings, int height, int width,
        IReadOnlyList<(int Height, int Width)> styles, Guidance? guidance = null)
    {
        using var networks = new NetworkGroup(devices, weights, settings.Objective);
        return Of(devices, weights, networks.Speeds, settings, height, width, styles, guidance);
    }

    /// <summary>
    /// The same without times: nothing is prepared or evaluated. Devices are taken to be equally fast if the settings do not say how fast
    /// they are.
    /// </summary>
    public static RunPlan Memory(DeviceGroup devices, VggWeights weights, TransferSettings settings, int height, int width,
        IReadOnlyList<(int Height, int Width)> styles, Guidance? guidance = null) =>
        Of(devices, weights, null, settings, height, width, styles, guidance);

    static RunPlan Of(DeviceGroup devices, VggWeights weights, IReadOnlyList<double>? speeds, TransferSettings settings,
        int height, int width, IReadOnlyList<(int Height, int Width)> styles, Guidance? guidance)
    {
        var shares = settings.Shares ?? speeds ?? [.. devices.Devices.Select(_ => 1.0)];
        using var counting = devices.Counting();
        var rehearsal = new RunRehearsal(counting, settings with { Shares = devices.Devices.Count > 1 ? shares : null });
        rehearsal.Run(weights, height, width, styles, guidance);
        var levels = Pyramid.Levels(height, width, settings);
        var table = LayerTable.Of(weights);
        var plans = counting.Devices.Select((device, i) =>
            rehearsal.Of(device, [.. levels.Select(level => Evaluations(table, settings.At(level), level, shares, i, speeds?[i],
                styles.Count))])).ToList();
        var home = Objectives.Home(counting, settings.VectorsOnHost);
        if (!counting.Devices.Contains(home)) plans.Add(rehearsal.Of(home, [.. levels.Select(level => new LevelPlan(level, 0, 0))]));
        return new(plans);
    }

    /// <summary>A device's part of the evaluations of a size, and their time at a speed, in floating-point operations a second.</summary>
    static LevelPlan Evaluations(LayerTable table, TransferSettings settings, PyramidLevel level, IReadOnlyList<double> shares,
        int device, double? speed, int styles)
    {
        var objective = settings.Objective;
        var band = Band.Deal(objective.Deepest(), level.Height, level.Width, shares)[device];
        if (band.IsEmpty) return new(level, 0, 0);
        double share = (band.To - band.From) / (double)Math.Max(level.Height, level.Width);
        double evaluations = level.Iterations + RelativeWeights.Evaluations(objective, styles);
        double flops = evaluations * CostModel.Flops(table, objective, level.Height, level.Width, settings.BlockSize, band);
        return new(level, share, speed is { } known ? flops / known : 0);
    }
}
