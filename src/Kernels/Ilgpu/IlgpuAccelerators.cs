using ILGPU;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuStyle.Kernels;

/// <summary>
/// Finds the devices that ILGPU can drive, and opens them. Every device gets a context of its own, because a kernel that fails
/// to compile leaves its context unusable. One thread at a time finds, opens or closes devices: PoCL takes its devices down
/// when the last context goes, under the feet of a thread that is just listing them.
/// </summary>
internal static class IlgpuAccelerators
{
    /// <summary>Held while devices are found, opened or closed.</summary>
    public static Lock Gate { get; } = new();

    /// <summary>All CUDA devices, in the driver's order.</summary>
    public static IReadOnlyList<CudaDevice> Cuda()
    {
        DriverLibraries.Install();
        // Not through Context.Builder.Cuda: on WSL that sets a library resolver of its own, which fails the second time.
        lock (Gate) return [.. CudaDevice.GetDevices(_ => true).OfType<CudaDevice>()];
    }

    /// <summary>All OpenCL devices of all platforms, in the loader's order.</summary>
    public static IReadOnlyList<CLDevice> OpenCl()
    {
        DriverLibraries.Install();
        lock (Gate) return [.. CLDevice.GetDevices(_ => true).OfType<CLDevice>()];
    }

    /// <summary>Why an OpenCL device cannot be used, or null.</summary>
    public static string? Refusal(CLDevice device) =>
        device.DeviceVersion.Major == 1 && device.DeviceVersion.Minor < 2 ? $"OpenCL {device.DeviceVersion.Major}.{device.DeviceVersion.Minor} is too old: 1.2 is needed"
        : !device.Capabilities.Float64 ? "no 64-bit floats, which losses are summed in"
        : device.MaxNumThreadsPerGroup < 256 ? $"groups of at most {device.MaxNumThreadsPerGroup} threads: 256 are needed"
        : null;

    /// <summary>Why a CUDA device cannot be used, or null.</summary>
    public static string? Refusal(CudaDevice device) =>
        device.Architecture is null || device.InstructionSet is null ? "its driver or compute capability is unknown to ILGPU 1.5.3" : null;

    /// <summary>Why a CUDA device cannot compute in a precision, or null.</summary>
    public static string? Refusal(CudaDevice device, Precision precision) =>
        precision is Precision.Auto or Precision.Fp32 || HasTensorCores(device) ? null
        : $"its compute capability {device.Architecture} is below 8.0, which {precision.ToString().ToLowerInvariant()} takes";

    static bool HasTensorCores(CudaDevice device) => device.Architecture >= CudaArchitecture.SM_80;

    /// <summary>Opens one of the devices that <see cref="Cuda"/> lists.</summary>
    public static IlgpuDevice OpenCuda(int index, Precision precision = Precision.Auto, string? cacheFolder = null)
    {
        lock (Gate)
        {
            var device = Cuda()[index];
            var context = NewContext();
            return Guarded(context, cacheFolder, () =>
            {
                var accelerator = device.CreateCudaAccelerator(context);
                SafePipeline.Install(accelerator.Backend);
                var opened = new IlgpuDevice(DeviceKind.Cuda, device.Name, context, accelerator, forGpu: true,
                    precision != Precision.Auto ? precision : HasTensorCores(device) ? Precision.Tf32 : Precision.Fp32);
                opened.Graphs = new CudaGraphs((CudaStream)opened.Stream);
                return opened;
            });
        }
    }

    /// <summary>
    /// Opens one of the devices that <see cref="OpenCl"/> lists, with kernels for GPUs or for host cores: those that suit it
    /// unless <paramref name="forGpu"/> says otherwise. Precisions other than float32 are those of tensor cores, which are emulated:
    /// very slow, a check of the kernels.
    /// </summary>
    public static IlgpuDevice OpenOpenCl(int index, bool? forGpu = null, Precision precision = Precision.Fp32, string? cacheFolder = null)
    {
        lock (Gate)
        {
            var device = OpenCl()[index];
            OpenClFixes.Install();
            OpenClFixes.AdmitWithoutGenericPointers(device);
            var context = NewContext();
            return Guarded(context, cacheFolder, () =>
            {
                var accelerator = device.CreateCLAccelerator(context);
                SafePipeline.Install(accelerator.Backend);
                return new(DeviceKind.OpenCl, Name(device), context, accelerator, forGpu ?? IsGpu(device), precision);
            });
        }
    }

    /// <summary>Opens ILGPU's CPU accelerator, with kernels for GPUs or for host cores.</summary>
    public static IlgpuDevice OpenCpu(bool forGpu, Precision precision = Precision.Fp32)
    {
        var context = NewContext();
        return Guarded(context, null, () => new(DeviceKind.IlgpuCpu, "ILGPU's CPU accelerator", context, new CPUDevice(32, 8, 1).CreateCPUAccelerator(context), forGpu, precision));
    }

    public static string Name(CLDevice device) => $"{device.Name} ({device.PlatformName}, OpenCL {device.DeviceVersion.Major}.{device.DeviceVersion.Minor})";

    public static bool IsGpu(CLDevice device) => device.DeviceType.HasFlag(CLDeviceType.CL_DEVICE_TYPE_GPU);

    /// <summary>How every kernel is compiled.</summary>
    internal static Context NewContext() => Context.Create(builder =>
    {
        builder.Optimize(OptimizationLevel.O1).Inlining(InliningMode.Aggressive);
        TensorInstructions.Register(builder);
    });

    static IlgpuDevice Guarded(Context context, string? cacheFolder, Func<IlgpuDevice> open)
    {
        try
        {
            var device = open();
            device.CacheFolder = cacheFolder;
            device.Try();
            return device;
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }
}
