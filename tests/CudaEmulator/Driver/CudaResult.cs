namespace GpuStyle.CudaEmulator;

/// <summary>CUDA Driver API, "Data types used by CUDA driver": CUresult, of which these are given.</summary>
internal enum CudaResult
{
    Success = 0,
    InvalidValue = 1,
    OutOfMemory = 2,
    NotInitialized = 3,
    InvalidDevice = 101,
    InvalidContext = 201,
    InvalidPtx = 218,
    UnsupportedPtxVersion = 222,
    InvalidHandle = 400,
    NotFound = 500,
    IllegalAddress = 700,
    MisalignedAddress = 716,
    LaunchFailed = 719,
    NotSupported = 801,
    CaptureUnsupported = 900,
    CaptureInvalidated = 901,
    CaptureWrongThread = 908,
    Unknown = 999,
}

/// <summary>Why a function of the driver does not do what it is asked.</summary>
internal sealed class DriverException(CudaResult result, string message) : Exception(message)
{
    public CudaResult Result => result;

    /// <summary>An argument is wrong.</summary>
    public static DriverException Invalid(string message) => new(CudaResult.InvalidValue, message);
}
