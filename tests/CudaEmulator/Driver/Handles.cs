namespace GpuStyle.CudaEmulator;

/// <summary>Gives objects to native callers as numbers, each kind its own.</summary>
internal sealed class Handles<T>(string kind) where T : class
{
    readonly Dictionary<IntPtr, T> objects = [];

    public IntPtr Add(T item)
    {
        lock (objects)
        {
            var handle = HandleNumbers.Next();
            objects.Add(handle, item);
            return handle;
        }
    }

    public T Find(IntPtr handle)
    {
        lock (objects)
            return objects.TryGetValue(handle, out var item) ? item
                : throw new DriverException(CudaResult.InvalidHandle, $"there is no {kind} {handle:x}");
    }

    public T Remove(IntPtr handle)
    {
        lock (objects)
            return objects.Remove(handle, out var item) ? item
                : throw new DriverException(CudaResult.InvalidHandle, $"there is no {kind} {handle:x}");
    }
}

/// <summary>Numbers that no handle has had before.</summary>
internal static class HandleNumbers
{
    static long last = 0x1000;

    public static IntPtr Next() => checked((IntPtr)Interlocked.Add(ref last, 16));
}
