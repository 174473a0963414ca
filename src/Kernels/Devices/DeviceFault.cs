using ILGPU.Runtime;

namespace GpuStyle.Kernels;

/// <summary>
/// Failures of a device while it computes: it was unplugged or reset, its driver was stopped, a kernel did what it must not, or its driver
/// could not compile one. They can come out of any operation, often a later one; after that the device is of no use.
/// </summary>
public static class DeviceFault
{
    /// <summary>What happened, in one line, if the exception is such a failure; else null. Lack of memory
    /// (<see cref="OutOfMemoryException"/>) and a device that does not open (<see cref="DeviceException"/>) are none.</summary>
    public static string? Describe(Exception e)
    {
        if (e is OutOfMemoryException or DeviceException) return null;
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
            if (cause is AcceleratorException fault)
                return $"the device failed: {fault.Message.Split('\n')[0].TrimEnd('\r', '.')}. Another try may help, if not a newer driver; --device cpu does without.";
        return null;
    }
}
