using GpuStyle.Tests.Kernels;

namespace GpuStyle.Tests.Golden;

/// <summary>
/// Whole evaluations with convolutions in 16-bit integers. A layer adds errors of some 1e-3, mostly at random, of which sums over positions keep
/// little: seen are up to 1.9e-3 in a layer's loss and 4.5e-4 in totals. So much noise before a ReLU flips some of its mask, and a max pooling's choices,
/// which moves the gradient further: seen are up to 1.4e-2 with average pooling and 4.8e-2 with max pooling. Twice that is allowed.
/// </summary>
public sealed class Int16GoldenTests() : GoldenTests(Int16Tests.Open, "", new(4e-3, 0.1, 1))
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
}
