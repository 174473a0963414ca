using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Kernels;

namespace GpuStyle.Tests.Golden;

/// <summary>The ILGPU engine in float32 on the first usable NVIDIA GPU, to the tolerances of the SIMD engine.</summary>
public sealed class CudaGoldenTests() : GoldenTests(() => OpenClOperationTests.FirstOf(DeviceKind.Cuda), CudaOperationTests.Absent, new(1e-5, 2e-4, 1e-2))
{
    [Theory]
    [InlineData("gatys2016")]
    [InlineData("neural-style")]
    [InlineData("neural-style-pt")]
    public void Own(string preset) => CheckOwn(preset);

    [Theory]
    [InlineData("gatys_61x47")]
    [InlineData("gatys_96x72")]
    [InlineData("neural-style_61x47")]
    [InlineData("neural-style_96x72")]
    public void Evaluation(string name) => CheckEvaluation(name);

    [Theory]
    [InlineData("gatys_61x47", OptimizerKind.Adam)]
    [InlineData("gatys_96x72", OptimizerKind.Adam)]
    [InlineData("neural-style_61x47", OptimizerKind.Adam)]
    [InlineData("neural-style_96x72", OptimizerKind.Adam)]
    public void Trajectory(string name, OptimizerKind kind) => CheckTrajectory(name, kind);
}
