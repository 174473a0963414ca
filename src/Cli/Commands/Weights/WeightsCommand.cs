using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli.Commands.Weights;

/// <summary><c>weights</c>: what weight files are known and here; fetching, inspecting and converting them.</summary>
internal static class WeightsCommand
{
    public static Command Make() => new("weights", "VGG-19 weight files: list, get, inspect, convert")
    {
        ListCommand.Make(), GetCommand.Make(), InspectCommand.Make(), ConvertCommand.Make(),
    };

    /// <summary>The usual store, which says so before it downloads.</summary>
    public static WeightStore Store() => new(new WeightStoreOptions { Announce = Terminal.Say });

    /// <summary>Bytes for people: 80 MB.</summary>
    public static string Size(long? bytes) => bytes is { } b ? $"{b / 1e6:f0} MB" : "?";

    /// <summary>What a network expects, on one line.</summary>
    public static string Describe(InputDescription input) =>
        $"{input.Order.ToString().ToUpperInvariant()}, mean {Three(input.Mean)}, scale {Three(input.Scale)}";

    static string Three(IEnumerable<double> numbers) => string.Join(' ', numbers.Select(n => $"{n:g6}"));
}
