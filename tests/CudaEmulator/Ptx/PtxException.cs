namespace GpuStyle.CudaEmulator;

/// <summary>A text that is not PTX, or not of the part that is known.</summary>
internal sealed class PtxException(string message) : Exception(message);

/// <summary>A text in a version of PTX that is newer than the driver.</summary>
internal sealed class UnsupportedVersionException(string message) : Exception(message);
