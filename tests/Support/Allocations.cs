namespace GpuStyle.Tests;

/// <summary>What the calling thread allocates of managed memory.</summary>
internal static class Allocations
{
    /// <summary>
    /// Bytes of an action that is done some times, the least of three such rounds: a garbage collection in between, whoever caused it, counts what the thread had at hand and not used up.
    /// </summary>
    public static long Least(int times, Action action)
    {
        long least = long.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < times; i++) action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
