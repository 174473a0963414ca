using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// The ILGPU engine on ILGPU's CPU accelerator, which checks every index against its view; it is slow, so tiny shapes alone.
/// </summary>
public sealed class IlgpuCpuOperationTests() : OperationTests(() => Devices.Open("ilgpu-cpu"), "")
{
    [Fact]
    public void Every_tiny_case_is_right() =>
        // Each of a group's 256 threads is one of the operating system's there: of the rings of vectors the one in which all is, and no more.
        Check(OperationCatalogue.Tiny().Where(c => !c.Name.Contains(" in a ring ", StringComparison.Ordinal)));
}
