using System.Diagnostics;
using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>How fast a device evaluates, by timing small evaluations.</summary>
internal static class Speed
{
    /// <summary>Sides of the pictures that are timed, each if the one before took less than <see cref="Short"/> seconds.</summary>
    static readonly int[] Sides = [16, 64, 256];

    const double Short = 0.05;

    /// <summary>Evaluations of a size, at least, and seconds: small ones are repeated until other programs have left some of them alone.</summary>
    const int Times = 3;
    const double Seconds = 0.2;

    /// <summary>Floating-point operations per second of whole evaluations, convolutions alone being counted.</summary>
    public static double Measure(FeatureNetwork network, ObjectiveSettings settings)
    {
        double speed = 0;
        foreach (int side in Sides)
        {
            double seconds = Time(network, settings, side);
            speed = CostModel.Flops(network.Table, settings, side, side) / seconds;
            if (seconds > Short) break;
        }
        return speed;
    }

    /// <summary>Seconds of an evaluation, the shortest of a few.</summary>
    static double Time(FeatureNetwork network, ObjectiveSettings settings, int side)
    {
        var shape = new Shape(3, side, side);
        using var picture = InitialPicture.Noise(network.Device, shape, 1, 40);
        using var gradient = network.Device.Allocate(shape);
        using var objective = new Objective(network, settings with { StyleBlend = null }, picture, [picture], side, side);
        double best = double.PositiveInfinity;
        // The first evaluation compiles.
        objective.Evaluate(picture, gradient);
        objective.ReadLosses();
        var all = Stopwatch.StartNew();
        for (int i = 0; i < Times || all.Elapsed.TotalSeconds < Seconds; i++)
        {
            var watch = Stopwatch.StartNew();
            objective.Evaluate(picture, gradient);
            objective.ReadLosses();
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
            if (best > 1) break;
        }
        return best;
    }
}
