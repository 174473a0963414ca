namespace GpuStyle.Tests;

/// <summary>What the calling thread allocates of managed memory.</summary>
internal static class Allocations
{
    /// <summary>
    /// Bytes of an action, and whether no garbage collection came in between: one, whoever caused it, counts what the thread had at hand and not used up.
    /// </summary>
    public static (long Bytes, bool Exact) Once(Action action)
    {
        int collections = GC.CollectionCount(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return (GC.GetAllocatedBytesForCurrentThread() - before, GC.CollectionCount(0) == collections);
    }

    /// <summary>Bytes of an action that is done some times, all of them again where a garbage collection came in between.</summary>
    public static long Of(int times, Action action)
    {
        const int Tries = 20;
        void All()
        {
            for (int i = 0; i < times; i++) action();
        }
        for (int i = 0; ; i++)
            if (Once(All) is var (bytes, exact) && (exact || i == Tries)) return bytes;
    }
}
