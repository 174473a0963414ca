namespace GpuStyle.Kernels;

/// <summary>
/// What an engine will hold beside tensors: memory that operations use again and again, for each purpose as much as the operation that
/// wants most. Operation families add to it what they would take; families and engines that add nothing take a few kilobytes at most.
/// </summary>
/// <param name="grown">Told by how many bytes the sum has grown.</param>
public sealed class ScratchForecast(Action<long> grown)
{
    readonly Dictionary<string, long> most = [];

    /// <summary>An operation will take so many bytes for a purpose.</summary>
    public void Add(string purpose, long bytes)
    {
        long before = most.GetValueOrDefault(purpose);
        if (bytes <= before) return;
        most[purpose] = bytes;
        grown(bytes - before);
    }
}
