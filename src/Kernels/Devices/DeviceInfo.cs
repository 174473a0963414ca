namespace GpuStyle.Kernels;

/// <summary>A device that was looked for: how to ask for it, and why it cannot be used, if it cannot.</summary>
/// <param name="Id">What <c>--device</c> takes: <c>cpu</c>, <c>cuda:0</c>, <c>opencl:1</c>, <c>ilgpu-cpu</c>.</param>
/// <param name="Kind">The engine behind it.</param>
/// <param name="Name">A name for people.</param>
/// <param name="MemoryBytes">Memory the device has, if known.</param>
/// <param name="Refusal">Why the device cannot be used, in one line; null if it can.</param>
/// <param name="IsGpu">Whether <c>auto</c> prefers it to the host's cores.</param>
public sealed record DeviceInfo(string Id, DeviceKind Kind, string Name, long? MemoryBytes, string? Refusal, bool IsGpu);
