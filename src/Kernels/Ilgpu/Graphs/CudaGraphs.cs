using System.Runtime.InteropServices;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace GpuStyle.Kernels;

/// <summary>
/// CUDA graphs by stream capture, through the driver's own functions (CUDA Driver API, sections "Stream Management" and "Graph Management"), which
/// ILGPU 1.5.3 does not know. Needs a driver for CUDA 11.0 or later.
/// </summary>
internal sealed unsafe class CudaGraphs : IGraphDriver
{
    /// <summary>CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: what other threads do with other devices meanwhile is their affair.</summary>
    const int ThreadLocal = 1;

    readonly CudaStream stream;
    readonly delegate* unmanaged<IntPtr, int, CudaError> begin;
    readonly delegate* unmanaged<IntPtr, IntPtr*, CudaError> end;
    readonly delegate* unmanaged<IntPtr*, IntPtr, ulong, CudaError> instantiateWithFlags;
    readonly delegate* unmanaged<IntPtr*, IntPtr, IntPtr, IntPtr, nuint, CudaError> instantiate;
    readonly delegate* unmanaged<IntPtr, IntPtr, CudaError> launch;
    readonly delegate* unmanaged<IntPtr, CudaError> destroy, destroyExecutable;
    readonly string? missing;

    /// <summary>Finds the driver's functions; what is missing is said when a graph is asked for.</summary>
    public CudaGraphs(CudaStream stream)
    {
        this.stream = stream;
        string? absent = null;
        IntPtr library = DriverLibraries.Load(DriverLibraries.Cuda);
        begin = (delegate* unmanaged<IntPtr, int, CudaError>)Required("cuStreamBeginCapture_v2");
        end = (delegate* unmanaged<IntPtr, IntPtr*, CudaError>)Required("cuStreamEndCapture");
        launch = (delegate* unmanaged<IntPtr, IntPtr, CudaError>)Required("cuGraphLaunch");
        destroy = (delegate* unmanaged<IntPtr, CudaError>)Required("cuGraphDestroy");
        destroyExecutable = (delegate* unmanaged<IntPtr, CudaError>)Required("cuGraphExecDestroy");
        instantiateWithFlags = (delegate* unmanaged<IntPtr*, IntPtr, ulong, CudaError>)Find("cuGraphInstantiateWithFlags");
        if (instantiateWithFlags is null)
            instantiate = (delegate* unmanaged<IntPtr*, IntPtr, IntPtr, IntPtr, nuint, CudaError>)Required("cuGraphInstantiate_v2");
        missing = absent;

        IntPtr Find(string name) => library != IntPtr.Zero && NativeLibrary.TryGetExport(library, name, out var address) ? address : IntPtr.Zero;

        IntPtr Required(string name)
        {
            var address = Find(name);
            if (address == IntPtr.Zero) absent ??= name;
            return address;
        }
    }

    public IntPtr Capture(Action operations)
    {
        if (missing is not null) throw new GraphRefusedException($"the CUDA driver has no {missing}");
        stream.Accelerator.Bind();
        Check(begin(stream.StreamPtr, ThreadLocal), "cuStreamBeginCapture");
        IntPtr graph = IntPtr.Zero, executable = IntPtr.Zero;
        try
        {
            operations();
            Check(end(stream.StreamPtr, &graph), "cuStreamEndCapture");
        }
        catch (Exception e) when (e is not GraphRefusedException)
        {
            // The stream must not stay in capture mode; that the capture is broken is known.
            _ = end(stream.StreamPtr, &graph);
            if (graph != IntPtr.Zero) _ = destroy(graph);
            if (e is AcceleratorException) throw new GraphRefusedException($"an operation cannot be captured ({e.Message.Split('\n')[0].TrimEnd('\r', '.')})", e);
            throw;
        }
        try
        {
            Check(instantiateWithFlags is not null ? instantiateWithFlags(&executable, graph, 0) : instantiate(&executable, graph, IntPtr.Zero, IntPtr.Zero, 0), "cuGraphInstantiate");
        }
        finally
        {
            _ = destroy(graph);
        }
        return executable;
    }

    public void Launch(IntPtr graph)
    {
        stream.Accelerator.Bind();
        CudaException.ThrowIfFailed(launch(graph, stream.StreamPtr));
    }

    public void Free(IntPtr graph)
    {
        stream.Accelerator.Bind();
        stream.Synchronize();
        CudaException.ThrowIfFailed(destroyExecutable(graph));
    }

    static void Check(CudaError result, string function)
    {
        if (result != CudaError.CUDA_SUCCESS) throw new GraphRefusedException($"{function} fails with {result}");
    }
}
