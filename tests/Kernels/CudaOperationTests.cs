using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>The ILGPU engine on the first usable NVIDIA GPU, or the emulated one.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
public sealed class CudaOperationTests() : OperationTests(() => OpenClOperationTests.FirstOf(DeviceKind.Cuda), Absent)
{
    /// <summary>Why tests that need an NVIDIA GPU are skipped.</summary>
    internal const string Absent = "There is no usable NVIDIA GPU, nor can one be emulated.";

    /// <summary>The first usable NVIDIA GPU with its tensor cores, or null.</summary>
    internal static Device? Open(Precision precision)
    {
        var device = (IlgpuDevice?)OpenClOperationTests.FirstOf(DeviceKind.Cuda, precision);
        if (device is not null) device.Multiprocessors = TensorCoreOperationTests.Multiprocessors;
        return device;
    }

    [Fact]
    public void Every_tiny_case_is_right() => Check(OperationCatalogue.Tiny());

    [Fact]
    public void Every_awkward_case_is_right() => Check(OperationCatalogue.Awkward());
}

/// <summary>Products on NVIDIA's tensor cores, in TF32.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
public sealed class CudaTf32OperationTests() : OperationTests(() => CudaOperationTests.Open(Precision.Tf32), CudaOperationTests.Absent, TensorCoreOperationTests.Tolerance)
{
    [Fact]
    public void Every_awkward_case_is_right() => Check(TensorCoreOperationTests.Cases());

    [Fact]
    public void NaNs_spread()
    {
        using var device = CudaOperationTests.Open(Precision.Tf32);
        Assert.SkipWhen(device is null, CudaOperationTests.Absent);
        TensorCoreOperationTests.CheckThatNaNsSpread(device);
    }
}

/// <summary>Products on NVIDIA's tensor cores, in half precision.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
public sealed class CudaFp16OperationTests() : OperationTests(() => CudaOperationTests.Open(Precision.Fp16), CudaOperationTests.Absent, TensorCoreOperationTests.Tolerance)
{
    [Fact]
    public void Every_awkward_case_is_right() => Check(TensorCoreOperationTests.Cases());
}
