using GpuStyle.Kernels;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>What one size of a run will take on a device.</summary>
/// <param name="Level">The size.</param>
/// <param name="Share">The part of the picture that the device evaluates, from 0 to 1.</param>
/// <param name="FeatureBytes">Features and gradients of the network, and what its poolings pass on.</param>
/// <param name="TargetBytes">Content features and Gram matrices.</param>
/// <param name="SourceBytes">Before there is an optimiser: the picture to start from, content and styles, which the targets come from.</param>
/// <param name="OptimizerBytes">The optimiser's vectors.</param>
/// <param name="PictureBytes">The result, two to fall back on, and the average if there is one; where others live elsewhere, what goes there and comes back.</param>
/// <param name="Seconds">All iterations at this size.</param>
public sealed record LevelPlan(PyramidLevel Level, double Share, long FeatureBytes, long TargetBytes, long SourceBytes, long OptimizerBytes, long PictureBytes, double Seconds)
{
    /// <summary>The most that lives at once at this size, weights and scratch apart.</summary>
    public long Bytes => FeatureBytes + TargetBytes + Math.Max(SourceBytes, OptimizerBytes + PictureBytes);
}

/// <summary>What a run will take on one device.</summary>
/// <param name="Device">Its name.</param>
/// <param name="Levels">Each size, coarsest first.</param>
/// <param name="WeightBytes">The network's weights as the device holds them.</param>
/// <param name="StyleBytes">The most that is held while the style pictures' Gram matrices are computed, weights and scratch apart: before the features are allocated.</param>
/// <param name="ScratchBytes">What the engine holds for its operations.</param>
/// <param name="PeakBytes">The most memory of the device that will be held at once.</param>
public sealed record DevicePlan(string Device, IReadOnlyList<LevelPlan> Levels, long WeightBytes, long StyleBytes, long ScratchBytes, long PeakBytes)
{
    /// <summary>Of a run that has one network all the time.</summary>
    public DevicePlan(string device, IReadOnlyList<LevelPlan> levels, long weightBytes, long styleBytes, long scratchBytes)
        : this(device, levels, weightBytes, styleBytes, scratchBytes, weightBytes + scratchBytes + Math.Max(styleBytes, levels.Max(l => l.Bytes)))
    {
    }
}

/// <summary>
/// A forecast of a run's memory and time, without running it: every tensor is counted from the network's table, an engine's scratch as its operations
/// tell it, and small evaluations are timed.
/// </summary>
/// <param name="Devices">Those that evaluate, in their order, and then the host if the optimiser's vectors live there and it does not evaluate.</param>
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
    public static RunPlan Make(DeviceGroup devices, VggWeights weights, TransferSettings settings, int height, int width, IReadOnlyList<(int Height, int Width)> styles, Guidance? guidance = null)
    {
        using var networks = new NetworkGroup(devices, weights, settings.Objective);
        return Of(devices, networks.Speeds, settings, height, width, styles, guidance);
    }

    /// <summary>The same without times: nothing is prepared or evaluated. Devices are taken to be equally fast if the settings do not say how fast they are.</summary>
    public static RunPlan Memory(DeviceGroup devices, TransferSettings settings, int height, int width, IReadOnlyList<(int Height, int Width)> styles, Guidance? guidance = null) =>
        Of(devices, null, settings, height, width, styles, guidance);

    static RunPlan Of(DeviceGroup devices, IReadOnlyList<double>? speeds, TransferSettings settings, int height, int width, IReadOnlyList<(int Height, int Width)> styles, Guidance? guidance)
    {
        guidance ??= Guidance.Everywhere(settings.Objective, styles.Count);
        var levels = Pyramid.Levels(height, width, settings);
        var shares = settings.Shares ?? speeds ?? [.. devices.Devices.Select(_ => 1.0)];
        var home = Objectives.Home(devices, settings.VectorsOnHost);
        DevicePlan Plan(Device device, int index, double speed)
        {
            // What an engine holds for its operations serves all stages; the network of one takes the place of the other's.
            var scratch = new ScratchForecast();
            DevicePlan[] stages = [.. levels.GroupBy(settings.At).Select(stage =>
                new DeviceForecast(device, stage.Key, guidance, shares, index, device == home, speed, scratch).Plan([.. stage], styles))];
            return new(device.Name, [.. stages.SelectMany(s => s.Levels)], stages.Max(s => s.WeightBytes), stages.Max(s => s.StyleBytes), scratch.Bytes,
                scratch.Bytes + stages.Max(s => s.PeakBytes - s.ScratchBytes));
        }
        var plans = devices.Devices.Select((device, i) => Plan(device, i, speeds?[i] ?? double.PositiveInfinity));
        return new([.. devices.Devices.Contains(home) ? plans : plans.Append(Plan(home, -1, double.PositiveInfinity))]);
    }
}
