namespace GpuStyle.CudaEmulator;

/// <summary>What a kernel must not do, found while it runs.</summary>
internal sealed class DeviceFaultException(CudaResult result, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>What the driver would say, then and ever after.</summary>
    public CudaResult Result => result;

    /// <summary>Nothing there may be accessed.</summary>
    public static DeviceFaultException Illegal(string message) => new(CudaResult.IllegalAddress, message);

    /// <summary>The address is not a multiple of the access's size.</summary>
    public static DeviceFaultException Misaligned(string message) => new(CudaResult.MisalignedAddress, message);

    /// <summary>Anything else.</summary>
    public static DeviceFaultException Failed(string message) => new(CudaResult.LaunchFailed, message);
}
