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

    /// <summary>
    /// Bytes of an action that is done some times: the least of three tries, since a collection that ends meanwhile is not always seen to
    /// have begun; all of them again where one was.
    /// </summary>
    public static long Of(int times, Action action)
    {
        const int Tries = 20, Exact = 3;
        void All()
        {
            for (int i = 0; i < times; i++) action();
        }
        long least = long.MaxValue;
        for (int i = 0, exact = 0; i < Tries && exact < Exact && least > 0; i++)
        {
            var (bytes, undisturbed) = Once(All);
            if (undisturbed) exact++;
            least = Math.Min(least, bytes);
        }
        return least;
    }
}
