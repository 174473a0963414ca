using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Kernels;

namespace GpuStyle.Tests.Golden;

/// <summary>The ILGPU engine in float32 on the first usable OpenCL device, to the tolerances of the SIMD engine.</summary>
[Collection("OpenCL")]
public sealed class OpenClGoldenTests() : GoldenTests(() => OpenClOperationTests.FirstOf(DeviceKind.OpenCl), OpenClOperationTests.Absent, new(1e-5, 2e-4, 1e-2))
{
    [Theory]
    [InlineData("gatys2016")]
    [InlineData("neural-style")]
    [InlineData("neural-style-pt")]
    public void Own(string preset) => CheckOwn(preset);

    [Theory]
    [InlineData("gatys_61x47")]
    [InlineData("neural-style_96x72")]
    public void Evaluation(string name) => CheckEvaluation(name);

    [Theory]
    [InlineData("gatys_61x47", OptimizerKind.Adam)]
    public void Trajectory(string name, OptimizerKind kind) => CheckTrajectory(name, kind);
}
