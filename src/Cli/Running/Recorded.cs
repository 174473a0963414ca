using System.Text.Json.Nodes;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>A run that is to be run again.</summary>
/// <param name="Picture">The file that it is read from.</param>
/// <param name="Preset">Its preset with its figures; null if another was asked for.</param>
/// <param name="WeightsHash">Its network; null if another was asked for.</param>
/// <param name="Values">Its options and pictures.</param>
/// <param name="Asked">What was asked for of the options that it had to choose otherwise (<see cref="RunRecord.Asked"/>).</param>
internal sealed record Recorded(string Picture, Preset? Preset, string? WeightsHash, SettingsFile Values, JsonObject Asked);
