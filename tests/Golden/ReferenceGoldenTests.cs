using GpuStyle.Kernels;
using GpuStyle.Optimization;

namespace GpuStyle.Tests.Golden;

/// <summary>
/// The float64 reference: formulas, presets, network and optimisers with no rounding in the way. Tolerances: the golden
/// gradient is stored in float32; trajectories after the peers' second step of 1e8 grey levels multiply even rounding in float64.
/// </summary>
[Trait("Takes", "long")]
public sealed class ReferenceGoldenTests() : GoldenTests(() => new ReferenceDevice(), "", new(1e-9, 1e-6, 1e-2))
{
    [Theory]
    [InlineData("gatys2016")]
    [InlineData("neural-style")]
    [InlineData("neural-style-pt")]
    [InlineData("gatys-pytorch")]
    [InlineData("style-transfer-pytorch")]
    [InlineData("anishathalye")]
    [InlineData("neural-style-tf")]
    public void Own(string preset) => CheckOwn(preset);

    /// <summary>A target's deviations pass through float32 on the host.</summary>
    [Fact]
    public void Own_deviations() => CheckOwn("spst", loss: 1e-7);

    [Theory]
    [InlineData("gatys2016")]
    [InlineData("neural-style")]
    [InlineData("neural-style-pt")]
    public void Own_trajectory(string preset) => CheckOwnTrajectory(preset, 20);

    [Theory]
    [InlineData("gatys_61x47")]
    [InlineData("neural-style_61x47")]
    public void Evaluation(string name) => CheckEvaluation(name);

    [Theory]
    [InlineData("gatys_61x47", OptimizerKind.Lbfgs)]
    [InlineData("gatys_96x72", OptimizerKind.Lbfgs)]
    [InlineData("neural-style_61x47", OptimizerKind.Lbfgs)]
    [InlineData("gatys_61x47", OptimizerKind.Adam)]
    [InlineData("neural-style_61x47", OptimizerKind.Adam)]
    public void Trajectory(string name, OptimizerKind kind) => CheckTrajectory(name, kind);
}
