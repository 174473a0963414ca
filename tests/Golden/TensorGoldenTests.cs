using GpuStyle.Kernels;
using GpuStyle.Tests.Kernels;

namespace GpuStyle.Tests.Golden;

/// <summary>
/// Whole evaluations whose products have operands of 11 bits. Each layer adds errors of some 1e-4 (<see cref="TensorCoreOperationTests"/>),
/// and losses are sums of squared differences, which double them and more: seen are up to 9.4e-4. So much noise before a ReLU flips some of
/// its mask, which moves the gradient further: seen are up to 1.2e-2. Twice what was seen is allowed.
/// </summary>
public abstract class TensorGoldenTests(Func<Device?> open, string absent) : GoldenTests(open, absent, new(2e-3, 2.5e-2, 1))
{
    [Theory]
    [InlineData("gatys2016")]
    [InlineData("neural-style-pt")]
    public void Own(string preset) => CheckOwn(preset);

    [Fact]
    public void Evaluation() => CheckEvaluation("gatys_61x47");
}

/// <summary>TF32, emulated on the first OpenCL device.</summary>
[Trait("Needs", "OpenCL")]
[Collection("OpenCL")]
public sealed class Tf32GoldenTests() : TensorGoldenTests(() => TensorCoreOperationTests.Open(Precision.Tf32), OpenClOperationTests.Absent);

/// <summary>Half precision, emulated on the first OpenCL device.</summary>
[Trait("Needs", "OpenCL")]
[Collection("OpenCL")]
public sealed class Fp16GoldenTests() : TensorGoldenTests(() => TensorCoreOperationTests.Open(Precision.Fp16), OpenClOperationTests.Absent);

/// <summary>TF32 on an NVIDIA GPU.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
public sealed class CudaTf32GoldenTests() : TensorGoldenTests(() => OpenClOperationTests.FirstOf(DeviceKind.Cuda, Precision.Tf32), CudaOperationTests.Absent);

/// <summary>Half precision on an NVIDIA GPU.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
public sealed class CudaFp16GoldenTests() : TensorGoldenTests(() => OpenClOperationTests.FirstOf(DeviceKind.Cuda, Precision.Fp16), CudaOperationTests.Absent);
