using GpuStyle.Kernels;
using GpuStyle.Optimization;

namespace GpuStyle.Tests.Golden;

/// <summary>
/// The SIMD engine in float32: losses within 1e-5; gradient within 2e-4, a floor that ReLU masks set which flip where a
/// pre-activation is within rounding of 0; trajectories within 1 %.
/// </summary>
public sealed class SimdGoldenTests() : GoldenTests(() => new SimdDevice(0), "", new(1e-5, 2e-4, 1e-2))
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
    [InlineData("gatys_61x47", OptimizerKind.Lbfgs)]
    [InlineData("gatys_96x72", OptimizerKind.Lbfgs)]
    [InlineData("neural-style_61x47", OptimizerKind.Lbfgs)]
    [InlineData("neural-style_96x72", OptimizerKind.Lbfgs)]
    [InlineData("gatys_61x47", OptimizerKind.Adam)]
    [InlineData("gatys_96x72", OptimizerKind.Adam)]
    [InlineData("neural-style_61x47", OptimizerKind.Adam)]
    [InlineData("neural-style_96x72", OptimizerKind.Adam)]
    public void Trajectory(string name, OptimizerKind kind) => CheckTrajectory(name, kind);
}
