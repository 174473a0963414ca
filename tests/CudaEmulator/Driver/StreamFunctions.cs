using System.Runtime.InteropServices;

namespace GpuStyle.CudaEmulator;

/// <summary>CUDA Driver API, "Stream Management" and "Graph Management".</summary>
internal static unsafe class StreamFunctions
{
    /// <summary>CU_STREAM_CAPTURE_MODE_THREAD_LOCAL.</summary>
    const int ThreadLocal = 1;

    [UnmanagedCallersOnly(EntryPoint = "cuStreamCreate")]
    static CudaResult Create(IntPtr* stream, uint flags) => Driver.Answer(context => *stream = context.Streams.Add(new()));

    [UnmanagedCallersOnly(EntryPoint = "cuStreamDestroy_v2")]
    static CudaResult Destroy(IntPtr stream) => Driver.Answer(context => context.Streams.Remove(stream));

    [UnmanagedCallersOnly(EntryPoint = "cuStreamSynchronize")]
    static CudaResult Synchronize(IntPtr stream) =>
        Driver.Answer(context =>
        {
            context.Streams.Find(stream).RefuseWhileCapturing("cuStreamSynchronize");
            lock (context.Gpu) context.Gpu.Waits++;
        });

    [UnmanagedCallersOnly(EntryPoint = "cuStreamBeginCapture_v2")]
    static CudaResult BeginCapture(IntPtr stream, int mode) => Driver.Answer(context =>
    {
        if (context.Gpu.RefusesGraphs) throw new DriverException(CudaResult.NotSupported, "the driver captures no stream");
        if (mode != ThreadLocal) throw DriverException.Invalid($"capture mode {mode} is not known to the emulator");
        var captured = context.Streams.Find(stream);
        if (captured.Capture is not null) throw captured.Capture.Break("cuStreamBeginCapture");
        captured.Capture = new();
        lock (context.Capturing) context.Capturing.Add(captured);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuStreamEndCapture")]
    static CudaResult EndCapture(IntPtr stream, IntPtr* graph) => Driver.Answer(context =>
    {
        *graph = IntPtr.Zero;
        var captured = context.Streams.Find(stream);
        var capture = captured.Capture ?? throw DriverException.Invalid("the stream is not being captured");
        if (capture.Thread != Environment.CurrentManagedThreadId)
            throw new DriverException(CudaResult.CaptureWrongThread, "another thread began the capture");
        captured.Capture = null;
        lock (context.Capturing) context.Capturing.Remove(captured);
        if (capture.BrokenBy is { } call) throw new DriverException(CudaResult.CaptureInvalidated, $"the capture was broken by {call}");
        *graph = context.Graphs.Add(capture.Work);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuGraphInstantiateWithFlags")]
    static CudaResult Instantiate(IntPtr* executable, IntPtr graph, ulong flags) =>
        Driver.Answer(context => *executable = context.Graphs.Add([.. context.Graphs.Find(graph)]));

    [UnmanagedCallersOnly(EntryPoint = "cuGraphLaunch")]
    static CudaResult Launch(IntPtr executable, IntPtr stream) => Driver.Answer(context =>
    {
        var work = context.Graphs.Find(executable);
        lock (context.Gpu) context.Gpu.Calls++;
        context.Streams.Find(stream).Queue(() =>
        {
            foreach (var step in work) step();
        });
    });

    [UnmanagedCallersOnly(EntryPoint = "cuGraphDestroy")]
    static CudaResult DestroyGraph(IntPtr graph) => Driver.Answer(context => context.Graphs.Remove(graph));

    [UnmanagedCallersOnly(EntryPoint = "cuGraphExecDestroy")]
    static CudaResult DestroyExecutable(IntPtr executable) => Driver.Answer(context => context.Graphs.Remove(executable));
}
