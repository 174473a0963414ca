using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuStyle.Kernels;

/// <summary>
/// Failures of a device while it computes: it was unplugged or reset, its driver was stopped, a kernel did what it must not, or its driver
/// could not compile one. They can come out of any operation, often a later one; after that the device is of no use.
/// </summary>
public static class DeviceFault
{
    /// <summary>What happened and what to do, in one line, if the exception is such a failure; else null. Lack of memory
    /// (<see cref="OutOfMemoryException"/>) and a device that does not open (<see cref="DeviceException"/>) are none.</summary>
    public static string? Describe(Exception e) =>
        Reason(e) is { } reason ? $"the device failed: {reason}. Another try may help, if not a newer driver; --device cpu does without." : null;

    /// <summary>What happened, in the driver's words, if the exception is such a failure; else null.</summary>
    public static string? Reason(Exception e) =>
        e is OutOfMemoryException or DeviceException ? null : Causes(e).OfType<AcceleratorException>().FirstOrDefault() switch
        {
            null => null,
            CLException cl => cl.Error.ToString(), // which has no message
            var fault => fault.Message.Split('\n')[0].TrimEnd('\r', '.'),
        };

    /// <summary>Whether a driver found that there is no memory while it did something else than allocate.</summary>
    internal static bool IsLackOfMemory(Exception e) => Causes(e).Any(cause => cause
        is CLException { Error: CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE or CLError.CL_OUT_OF_HOST_MEMORY }
        or CudaException { Error: nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY) });

    static IEnumerable<Exception> Causes(Exception e)
    {
        for (Exception? cause = e; cause is not null; cause = cause.InnerException) yield return cause;
    }
}
