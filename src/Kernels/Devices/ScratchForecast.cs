namespace GpuStyle.Kernels;

/// <summary>
/// What an engine will hold beside tensors: memory that operations use again and again, for each purpose as much as the operation that
/// wants most. Operation families add to it what they would take; families and engines that add nothing take a few kilobytes at most.
/// </summary>
public sealed class ScratchForecast
{
    readonly Dictionary<string, long> most = [];

    /// <summary>Bytes in all.</summary>
    public long Bytes => most.Values.Sum();

    /// <summary>An operation will take so many bytes for a purpose.</summary>
    public void Add(string purpose, long bytes) => most[purpose] = Math.Max(bytes, most.GetValueOrDefault(purpose));
}
