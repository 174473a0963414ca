using System.Runtime.InteropServices;
using System.Text;
using GpuStyle.CudaEmulator;

namespace GpuStyle.Tests.Emulator;

/// <summary>The emulated driver as a program sees it: functions found by name in a library, a context and a stream.</summary>
internal sealed unsafe class RawDriver : IDisposable
{
    readonly IReadOnlyDictionary<string, IntPtr> functions = EmulatedCuda.Addresses();
    readonly IDisposable shown;
    readonly IntPtr context;

    public RawDriver(EmulatedGpu? gpu = null)
    {
        shown = EmulatedCuda.Show(gpu);
        IntPtr made, stream;
        Must(((delegate* unmanaged<IntPtr*, uint, int, CudaResult>)functions["cuCtxCreate_v2"])(&made, 0, 0));
        Must(((delegate* unmanaged<IntPtr*, uint, CudaResult>)functions["cuStreamCreate"])(&stream, 1));
        (context, Stream) = (made, stream);
    }

    public IntPtr Stream { get; }

    public CudaResult Allocate(long bytes, out ulong address)
    {
        ulong at = 0;
        var result = ((delegate* unmanaged<ulong*, nuint, CudaResult>)functions["cuMemAlloc_v2"])(&at, (nuint)bytes);
        address = at;
        return result;
    }

    public CudaResult Free(ulong address) => ((delegate* unmanaged<ulong, CudaResult>)functions["cuMemFree_v2"])(address);

    public CudaResult Synchronize() => ((delegate* unmanaged<IntPtr, CudaResult>)functions["cuStreamSynchronize"])(Stream);

    public CudaResult Fill(ulong address, byte value, long bytes) =>
        ((delegate* unmanaged<ulong, byte, nuint, IntPtr, CudaResult>)functions["cuMemsetD8Async"])(address, value, (nuint)bytes, Stream);

    public CudaResult Read(ulong address, byte[] bytes)
    {
        var copy = (delegate* unmanaged<ulong, ulong, nuint, IntPtr, CudaResult>)functions["cuMemcpyAsync"];
        fixed (byte* to = bytes) return copy((ulong)to, address, (nuint)bytes.Length, Stream);
    }

    public CudaResult Begin() => ((delegate* unmanaged<IntPtr, int, CudaResult>)functions["cuStreamBeginCapture_v2"])(Stream, 1);

    public CudaResult End(out IntPtr graph)
    {
        IntPtr made;
        var result = ((delegate* unmanaged<IntPtr, IntPtr*, CudaResult>)functions["cuStreamEndCapture"])(Stream, &made);
        graph = made;
        return result;
    }

    public IntPtr Instantiate(IntPtr graph)
    {
        IntPtr executable;
        Must(((delegate* unmanaged<IntPtr*, IntPtr, ulong, CudaResult>)functions["cuGraphInstantiateWithFlags"])(&executable, graph, 0));
        return executable;
    }

    public CudaResult LaunchGraph(IntPtr executable) =>
        ((delegate* unmanaged<IntPtr, IntPtr, CudaResult>)functions["cuGraphLaunch"])(executable, Stream);

    public CudaResult Destroy(string kind, IntPtr handle) => ((delegate* unmanaged<IntPtr, CudaResult>)functions[kind])(handle);

    /// <summary>Loads a text and gives the driver's log where it is refused.</summary>
    public CudaResult Load(string text, out IntPtr module, out string log)
    {
        byte[] ptx = Encoding.UTF8.GetBytes(text + '\0'), buffer = new byte[256];
        IntPtr made = 0;
        var load = (delegate* unmanaged<IntPtr*, byte*, uint, int*, void**, CudaResult>)functions["cuModuleLoadDataEx"];
        int* options = stackalloc int[] { 5, 6 };
        fixed (byte* source = ptx, target = buffer)
        {
            void** values = stackalloc void*[] { target, (void*)buffer.Length };
            var result = load(&made, source, 2, options, values);
            (module, log) = (made, Marshal.PtrToStringUTF8((IntPtr)target)!);
            return result;
        }
    }

    public CudaResult Function(IntPtr module, string name, out IntPtr function)
    {
        IntPtr found = 0;
        byte[] text = Encoding.UTF8.GetBytes(name + '\0');
        CudaResult result;
        fixed (byte* source = text)
            result = ((delegate* unmanaged<IntPtr*, IntPtr, byte*, CudaResult>)functions["cuModuleGetFunction"])(&found, module, source);
        function = found;
        return result;
    }

    public CudaResult Launch(IntPtr function, (uint X, uint Y) grid, uint threads, params ulong[] arguments)
    {
        var launch = (delegate* unmanaged<IntPtr, uint, uint, uint, uint, uint, uint, uint, IntPtr, void**, void**, CudaResult>)
            functions["cuLaunchKernel"];
        nuint bytes = (nuint)arguments.Length * sizeof(ulong);
        fixed (ulong* buffer = arguments)
        {
            void** extra = stackalloc void*[] { (void*)1, buffer, (void*)2, &bytes, null };
            return launch(function, grid.X, grid.Y, 1, threads, 1, 1, 0, Stream, null, extra);
        }
    }

    public string ErrorString(CudaResult error)
    {
        IntPtr text;
        Must(((delegate* unmanaged<CudaResult, IntPtr*, CudaResult>)functions["cuGetErrorString"])(error, &text));
        return Marshal.PtrToStringUTF8(text)!;
    }

    public CudaResult Attribute(int attribute, out int value)
    {
        int found = 0;
        var result = ((delegate* unmanaged<int*, int, int, CudaResult>)functions["cuDeviceGetAttribute"])(&found, attribute, 0);
        value = found;
        return result;
    }

    public void Dispose()
    {
        Must(Destroy("cuCtxDestroy_v2", context));
        shown.Dispose();
    }

    static void Must(CudaResult result) => Assert.Equal(CudaResult.Success, result);
}
