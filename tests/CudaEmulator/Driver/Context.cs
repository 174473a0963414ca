namespace GpuStyle.CudaEmulator;

/// <summary>A CUDA context: memory, streams, modules. Once a kernel in it has failed, every call fails.</summary>
internal sealed class Context(EmulatedGpu gpu) : IDisposable
{
    long allocations, launches;
    DeviceFaultException? fault;

    public EmulatedGpu Gpu => gpu;

    public GlobalMemory Memory { get; } = new();

    public Handles<Stream> Streams { get; } = new("stream");

    public Handles<IReadOnlyDictionary<string, Kernel>> Modules { get; } = new("module");

    public Handles<Kernel> Functions { get; } = new("function");

    public Handles<IReadOnlyList<Action>> Graphs { get; } = new("graph");

    /// <summary>The streams that are being captured.</summary>
    public List<Stream> Capturing { get; } = [];

    /// <summary>Throws what has gone wrong before.</summary>
    public void ThrowIfLost()
    {
        if (fault is not null) throw new DriverException(fault.Result, fault.Message);
    }

    /// <summary>
    /// Calls that a thread must not make while it captures a stream (CUDA Driver API, "Stream Management",
    /// CU_STREAM_CAPTURE_MODE_THREAD_LOCAL).
    /// </summary>
    public void RefuseWhileCapturing(string call)
    {
        lock (Capturing)
            if (Capturing.FirstOrDefault(s => s.Capture!.Thread == Environment.CurrentManagedThreadId) is { } stream)
                throw stream.Capture!.Break(call);
    }

    public ulong Allocate(long bytes)
    {
        RefuseWhileCapturing("cuMemAlloc");
        lock (gpu) gpu.Allocations++;
        if (bytes <= 0) throw DriverException.Invalid($"{bytes} bytes cannot be allocated");
        if (Interlocked.Increment(ref allocations) == gpu.OutOfMemoryAt || bytes > gpu.Memory - Memory.Allocated)
            throw new DriverException(CudaResult.OutOfMemory, $"out of memory: {bytes} bytes");
        return Memory.Allocate(bytes);
    }

    /// <summary>Executes a kernel. What goes wrong is told by the calls that follow, as it is by a driver.</summary>
    public void Execute(Launch launch)
    {
        if (fault is not null) return;
        try
        {
            if (Interlocked.Increment(ref launches) == gpu.LostAt)
                throw DeviceFaultException.Failed($"the device is lost at launch {launches}");
            long executed = launch.Run();
            lock (gpu) (gpu.WarpInstructions, gpu.Launches) = (gpu.WarpInstructions + executed, gpu.Launches + 1);
        }
        catch (DeviceFaultException e)
        {
            fault = e;
        }
    }

    public void Dispose() => Memory.Dispose();
}
