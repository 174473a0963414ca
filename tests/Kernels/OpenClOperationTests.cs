using GpuStyle.Benchmarks;
using GpuStyle.CudaEmulator;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>The ILGPU engine on the first usable OpenCL device, whatever it is: PoCL in a machine without a GPU.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
[Collection("OpenCL")]
public sealed class OpenClOperationTests() : OperationTests(() => FirstOf(DeviceKind.OpenCl), Absent)
{
    /// <summary>Why tests that need an OpenCL device are skipped.</summary>
    internal const string Absent = "There is no usable OpenCL device (a package such as pocl-opencl-icd provides one).";

    [Fact]
    public void Every_tiny_case_is_right() => Check(OperationCatalogue.Tiny());

    [Fact]
    public void Every_awkward_case_is_right() => Check(OperationCatalogue.Awkward());

    /// <summary>The first usable device of a kind, or null.</summary>
    internal static Device? FirstOf(DeviceKind kind, Precision precision = Precision.Fp32)
    {
        using var shown = EmulatedCuda.Show();
        return Devices.Find().FirstOrDefault(d => d.Kind == kind && d.Refusal is null) is { } found ? Devices.Open(found.Id, precision: precision) : null;
    }
}

/// <summary>The kernels and the layout for GPUs, on whatever the first OpenCL device is: they are right without a GPU too.</summary>
[Trait("Needs", "OpenCL")]
[Collection("OpenCL")]
public sealed class OpenClGpuKernelOperationTests() : OperationTests(Open, OpenClOperationTests.Absent)
{
    [Fact]
    public void Every_awkward_case_is_right() => Check(OperationCatalogue.Awkward());

    static Device? Open()
    {
        int index = IlgpuAccelerators.OpenCl().ToList().FindIndex(d => IlgpuAccelerators.Refusal(d) is null);
        return index < 0 ? null : IlgpuAccelerators.OpenOpenCl(index, forGpu: true);
    }
}
