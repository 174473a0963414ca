using System.Runtime.InteropServices;
using System.Text;

namespace GpuStyle.CudaEmulator;

/// <summary>CUDA Driver API, "Module Management" and "Execution Control".</summary>
internal static unsafe class ExecutionFunctions
{
    /// <summary>CU_JIT_ERROR_LOG_BUFFER and CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES.</summary>
    const int ErrorLog = 5, ErrorLogBytes = 6;

    /// <summary>CU_LAUNCH_PARAM_BUFFER_POINTER, CU_LAUNCH_PARAM_BUFFER_SIZE and CU_LAUNCH_PARAM_END.</summary>
    const int BufferPointer = 1, BufferSize = 2, End = 0;

    [UnmanagedCallersOnly(EntryPoint = "cuModuleLoadDataEx")]
    static CudaResult ModuleLoad(IntPtr* module, byte* text, uint count, int* options, void** values) => Driver.Answer(context =>
    {
        context.RefuseWhileCapturing("cuModuleLoadDataEx");
        try
        {
            *module = context.Modules.Add(PtxParser.Parse(Marshal.PtrToStringUTF8((IntPtr)text)!, context.Gpu.PtxVersion));
        }
        catch (Exception e) when (e is PtxException or UnsupportedVersionException)
        {
            WriteLog(e.Message, new(options, (int)count), values);
            throw new DriverException(e is PtxException ? CudaResult.InvalidPtx : CudaResult.UnsupportedPtxVersion, e.Message);
        }
    });

    [UnmanagedCallersOnly(EntryPoint = "cuModuleUnload")]
    static CudaResult ModuleUnload(IntPtr module) => Driver.Answer(context =>
    {
        context.RefuseWhileCapturing("cuModuleUnload");
        context.Modules.Remove(module);
    });

    [UnmanagedCallersOnly(EntryPoint = "cuModuleGetFunction")]
    static CudaResult GetFunction(IntPtr* function, IntPtr module, byte* name) => Driver.Answer(context =>
    {
        string wanted = Marshal.PtrToStringUTF8((IntPtr)name)!;
        *function = context.Modules.Find(module).TryGetValue(wanted, out var kernel) ? context.Functions.Add(kernel)
            : throw new DriverException(CudaResult.NotFound, $"the module has no {wanted}");
    });

    [UnmanagedCallersOnly(EntryPoint = "cuLaunchKernel")]
    static CudaResult LaunchKernel(IntPtr function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ,
        uint sharedBytes, IntPtr stream, void** arguments, void** extra) =>
        Driver.Answer(context =>
        {
            var kernel = context.Functions.Find(function);
            var grid = new Size3((int)gridX, (int)gridY, (int)gridZ);
            var block = new Size3((int)blockX, (int)blockY, (int)blockZ);
            CheckSizes(kernel, context.Gpu, grid, block);
            if (sharedBytes != 0) throw DriverException.Invalid("dynamic shared memory is not known to the emulator");
            byte[] parameters = Parameters(kernel, arguments, extra);
            var queued = context.Streams.Find(stream);
            if (queued.Capture is null)
                lock (context.Gpu) context.Gpu.Calls++;
            queued.Queue(() => context.Execute(
                new(kernel, parameters, grid, block, context.Memory, context.Gpu.Checks, context.Gpu.CountsOf(kernel))));
        });

    /// <summary>
    /// CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK and CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES; what an assembler would know is not known.
    /// </summary>
    [UnmanagedCallersOnly(EntryPoint = "cuFuncGetAttribute")]
    static CudaResult GetAttribute(int* value, int attribute, IntPtr function) => Driver.Answer(context =>
    {
        var kernel = context.Functions.Find(function);
        *value = attribute switch
        {
            0 => kernel.MaxThreads > 0 ? kernel.MaxThreads : DeviceAttributes.Of(context.Gpu, 1),
            1 => kernel.SharedBytes,
            _ => throw DriverException.Invalid($"function attribute {attribute} is not known to the emulator"),
        };
    });

    static void WriteLog(string message, ReadOnlySpan<int> options, void** values)
    {
        int at = options.IndexOf(ErrorLog), sizeAt = options.IndexOf(ErrorLogBytes);
        if (at < 0 || sizeAt < 0) return;
        var log = new Span<byte>(values[at], (int)(nint)values[sizeAt]);
        log.Clear();
        byte[] bytes = Encoding.UTF8.GetBytes("ptxas error: " + message);
        bytes.AsSpan(0, Math.Min(bytes.Length, log.Length - 1)).CopyTo(log);
    }

    static void CheckSizes(Kernel kernel, EmulatedGpu gpu, Size3 grid, Size3 block)
    {
        int Limit(int attribute) => DeviceAttributes.Of(gpu, attribute);
        static bool Within(Size3 size, int x, int y, int z) =>
            size.X >= 1 && size.Y >= 1 && size.Z >= 1 && size.X <= x && size.Y <= y && size.Z <= z;
        if (!Within(grid, Limit(5), Limit(6), Limit(7)) || !Within(block, Limit(2), Limit(3), Limit(4)) || block.Count > Limit(1))
            throw DriverException.Invalid($"{grid} blocks of {block} threads are beyond the device's limits");
        if (kernel.MaxThreads > 0 && block.Count > kernel.MaxThreads)
            throw DriverException.Invalid($"{block.Count} threads a block, and .maxntid of {kernel.Name} is {kernel.MaxThreads}");
        if (kernel.SharedBytes > Limit(8)) throw DriverException.Invalid($"{kernel.Name} has {kernel.SharedBytes} bytes of shared memory");
    }

    /// <summary>
    /// The arguments come as one buffer, which is copied now; it may be longer than they are by what rounds it up to 8 bytes.
    /// </summary>
    static byte[] Parameters(Kernel kernel, void** arguments, void** extra)
    {
        if (arguments != null || extra == null || (nint)extra[0] != BufferPointer || (nint)extra[2] != BufferSize || (nint)extra[4] != End)
            throw DriverException.Invalid("arguments are expected as one buffer");
        int bytes = (int)*(nuint*)extra[3];
        if (bytes < kernel.ParameterBytes || bytes > (kernel.ParameterBytes + 7) / 8 * 8)
            throw DriverException.Invalid($"{bytes} bytes of arguments for {kernel.ParameterBytes} of {kernel.Name}");
        return new Span<byte>(extra[1], bytes).ToArray();
    }
}
