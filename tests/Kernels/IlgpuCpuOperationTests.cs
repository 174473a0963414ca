using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// The ILGPU engine on ILGPU's CPU accelerator, which checks every index against its view; it is slow, so tiny shapes alone.
/// </summary>
public sealed class IlgpuCpuOperationTests() : OperationTests(() => Devices.Open("ilgpu-cpu"), "")
{
    [Fact]
    public void Every_tiny_case_is_right() => Check(OperationCatalogue.Tiny());
}
