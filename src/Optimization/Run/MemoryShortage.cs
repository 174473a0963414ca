using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>What is done when a device cannot hold what a plan says fits: other programs, the engine's scratch and the driver want memory too.</summary>
internal static class MemoryShortage
{
    /// <summary>A smaller plan is tried only if it needs no more than this much of the one that did not fit.</summary>
    const double Worthwhile = 0.9;

    /// <summary>The next smaller settings for a size that turned out not to fit.</summary>
    /// <param name="devices">Of which one was full.</param>
    /// <param name="weights">The network's weights.</param>
    /// <param name="asked">What the run was to be.</param>
    /// <param name="failed">What did not fit, of the same kind.</param>
    /// <param name="level">The size that was being worked on.</param>
    /// <param name="pictures">The run's pictures.</param>
    /// <param name="cause">What the device said.</param>
    /// <exception cref="InsufficientMemoryException">There are none; the message is one line that says what would fit.</exception>
    public static TransferSettings Smaller(DeviceGroup devices, VggWeights weights, TransferSettings asked, TransferSettings failed,
        PyramidLevel level, TransferPictures pictures, OutOfMemoryException cause)
    {
        // Memory that no device tells of is missing somewhere on the host; all plans together are the nearest to that.
        var full = (cause as DeviceMemoryException)?.Device;
        int index = full is null ? -1 : devices.Devices.ToList().IndexOf(full);
        long Bytes(TransferSettings s, int height, int width)
        {
            s = s.At(level);
            s = s with { Scales = 1, Polish = 0, Optimizer = s.Optimizer with { Iterations = level.Iterations } };
            int unit = Pyramid.SideUnit(s);
            var plan = RunPlan.Memory(devices, weights, s, Pyramid.Fitted(height, unit), Pyramid.Fitted(width, unit),
                Styles(pictures, level), pictures.Guidance);
            return full is null ? plan.PeakBytes : plan.Devices[index < 0 ? ^1 : index].PeakBytes;
        }
        long most = (long)(Worthwhile * Bytes(failed, level.Height, level.Width));
        int longest = Styles(pictures, level).Append((level.Height, level.Width)).Max(p => Math.Max(p.Item1, p.Item2));
        long given = full?.PeakBytes ?? devices.PeakBytes;
        var smallest = failed;
        foreach (var candidate in SmallerSettings.From(asked, longest, keepBlocks: false))
        {
            if (Bytes(candidate, level.Height, level.Width) <= most) return candidate;
            smallest = candidate;
        }
        string even = SmallerSettings.Describe(smallest) is { Length: > 0 } how ? $" even {how}" : "";
        throw new InsufficientMemoryException($"{level.Width}x{level.Height} needs {Bytes(smallest, level.Height, level.Width) / 1048576.0:n0} MiB{even}; "
            + $"{full?.Name ?? devices.Name} has given {given / 1048576.0:n0} MiB at most. {Fitting()}", cause);

        // The largest size that the memory seen so far would hold.
        string Fitting()
        {
            int side = Math.Max(level.Height, level.Width), least = Vgg19.MinimumSide - 1, tooMuch = side;
            while (tooMuch - least > 1)
            {
                int middle = (least + tooMuch) / 2;
                if (Bytes(smallest, Side(level.Height), Side(level.Width)) <= given) least = middle;
                else tooMuch = middle;

                int Side(int whole) => Math.Max(Vgg19.MinimumSide, (int)((long)whole * middle / side));
            }
            return least >= Vgg19.MinimumSide ? $"A longest side of about {least} px would fit." : "No size would fit.";
        }
    }

    static (int Height, int Width)[] Styles(TransferPictures pictures, PyramidLevel level) =>
        [.. pictures.Styles.Select(s => StyleSizes.At(s.Height, s.Width, level))];
}
