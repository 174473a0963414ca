using GpuStyle.Kernels;

namespace GpuStyle.Tests.Golden;

/// <summary>
/// The ILGPU engine through OpenCL, on the first OpenCL device there is. Tolerances as for the SIMD engine, for the same reasons.
/// </summary>
public sealed class OpenClGoldenTests() : GoldenTests(Open, "no usable OpenCL device: install a driver (on Debian, pocl-opencl-icd)", new(1e-5, 2e-4, 1e-2))
{
    [Theory]
    [InlineData("gatys2016")]
    [InlineData("neural-style")]
    [InlineData("neural-style-pt")]
    public void Own(string preset) => CheckOwn(preset);

    [Theory]
    [InlineData("gatys2016", 20)]
    [InlineData("neural-style", 20)]
    public void Own_trajectory(string preset, int iterations) => CheckOwnTrajectory(preset, iterations);

    [Theory]
    [InlineData("gatys_61x47")]
    [InlineData("gatys_96x72")]
    [InlineData("neural-style_61x47")]
    [InlineData("neural-style_96x72")]
    public void Evaluation(string name) => CheckEvaluation(name);

    [Theory]
    [InlineData("gatys_61x47", 5)]
    [InlineData("neural-style_96x72", 2)]
    public void Lbfgs(string name, int iterations) => CheckTrajectory(name, Optimization.OptimizerKind.Lbfgs, iterations);

    [Theory]
    [InlineData("gatys_96x72")]
    [InlineData("neural-style_61x47")]
    public void Adam(string name) => CheckTrajectory(name, Optimization.OptimizerKind.Adam);

    static Device? Open() => Devices.Find().FirstOrDefault(d => d is { Kind: DeviceKind.OpenCl, Refusal: null }) is { } device ? Devices.Open(device.Id) : null;
}
