using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Kernels;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli;

/// <summary>Where to compute, and with which weights: options of every command that computes.</summary>
/// <param name="weights">What is used where <c>--weights</c> is not given; null looks for the real VGG-19.</param>
internal sealed class PlaceOptions(string? weights = null)
{
    public Option<string?> Weights { get; } = Values.Text("--weights", "PATH|NAME", "VGG-19 weights: a file, a name from 'weights list', or built-in "
        + (weights is null ? "[default: $GPUSTYLE_WEIGHTS, the cache folder, a download, built-in]" : $"[default: {weights}]"));
    public Option<string?> Device { get; } = DeviceOption(", or several such as cuda:0,cuda:1 that share the picture");
    public Option<double[]?> Shares { get; } = Values.Numbers("--shares", "how fast the devices of --device are against each other, which says how much of the picture each has [default: measured]");
    public Option<int?> Threads { get; } = Values.Whole("--threads", "threads of the cpu device; 0 is one per core [default: 0]", 0, 1024);

    public Option<bool> Exact { get; } = new("--exact") { Description = "direct convolutions on the cpu device: three times slower, a convolution's rounding errors four to nine times smaller" };

    public Option<Precision?> Precision { get; } = Values.Precision("what convolutions and Gram products multiply in; tf32 and fp16: an NVIDIA GPU's tensor cores, with errors of 1e-4 [default: auto, tf32 where there are such, else fp32]");

    public static Option<string?> DeviceOption(string more = "") =>
        Values.Text("--device", "auto|cpu|cuda[:i]|opencl[:i]|ilgpu-cpu|reference", $"where to compute{more}; 'gpustyle devices' lists what there is [default: auto]");

    public void AddTo(Command command)
    {
        foreach (var option in All) command.Options.Add(option);
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [Weights, Device, Shares, Threads, Exact, Precision];

    /// <summary>Opens the device and finds the weights.</summary>
    public Workplace Open(ParseResult parsed, bool download = true)
    {
        var precision = parsed.GetValue(Precision) ?? Kernels.Precision.Auto;
        return new(parsed.GetValue(Device) ?? "auto", parsed.GetValue(Shares), parsed.GetValue(Threads) ?? 0, parsed.GetValue(Exact), precision, parsed.GetValue(Weights) ?? weights, download);
    }

    /// <summary>Whether there will be no trained network, as far as can be known before it is looked for.</summary>
    public bool ExpectsBuiltIn(ParseResult parsed)
    {
        var store = new WeightStore();
        string? word = parsed.GetValue(Weights) ?? weights;
        return word == WeightStore.BuiltIn || (word is null && store.Offline && !store.Files(null).Any());
    }

    /// <summary>The weight files that may be read.</summary>
    public IEnumerable<string> Read(ParseResult parsed) => new WeightStore().Files(parsed.GetValue(Weights) ?? weights).SelectMany(WeightFile.Files);

    /// <summary>What was taken, for these options to take it again.</summary>
    public IEnumerable<(Symbol Option, string Word)> Chosen(ParseResult parsed, Workplace place)
    {
        yield return (Device, place.Devices.Id);
        if (parsed.GetValue(Weights) is null) yield return (Weights, place.WeightsWord);
        // Several devices may multiply in different formats.
        if (place.Devices.Devices.Count == 1) yield return (Precision, place.Device.Precision.ToString().ToLowerInvariant());
    }

    /// <summary>Without files and network.</summary>
    public static PlaceOptions BuiltIn() => new(WeightStore.BuiltIn);
}
