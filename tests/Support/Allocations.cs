namespace GpuStyle.Tests;

/// <summary>What the calling thread allocates of managed memory.</summary>
internal static class Allocations
{
    /// <summary>
    /// Bytes of an action, the least of a few times: a garbage collection in between, whoever caused it, counts what the thread had at hand and not used up.
    /// </summary>
    public static long Least(int times, Action action)
    {
        long least = long.MaxValue;
        for (int i = 0; i < times; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
