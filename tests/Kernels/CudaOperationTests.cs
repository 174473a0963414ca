using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>The ILGPU engine on the first usable NVIDIA GPU.</summary>
public sealed class CudaOperationTests() : OperationTests(() => OpenClOperationTests.FirstOf(DeviceKind.Cuda), Absent)
{
    /// <summary>Why tests that need an NVIDIA GPU are skipped.</summary>
    internal const string Absent = "There is no usable NVIDIA GPU.";

    [Fact]
    public void Every_tiny_case_is_right() => Check(OperationCatalogue.Tiny());

    [Fact]
    public void Every_awkward_case_is_right() => Check(OperationCatalogue.Awkward());
}
