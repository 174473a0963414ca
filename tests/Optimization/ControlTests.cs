using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Kernels;

namespace GpuStyle.Tests.Optimization;

/// <summary>Every loss, and every way of saying where: the gradient is the derivative, blocks give what the whole picture gives, on every engine.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Takes", "long")]
public sealed class ControlTests
{
    static readonly string[] Shallow = ["relu1_1", "relu2_1"];

    /// <summary>What is compared between blocks and the whole picture, and between devices.</summary>
    public static TheoryData<string> Cases => ["moments", "covariance+losses", "Wasserstein+losses", "relative", "normalised+moments", "masks", "inside+Wasserstein", "kept+moments+losses", "normalised+masks+kept", "sums", "inside+sums+kept",
        "neighbors", "neighbors+all+losses", "neighbors+turned+masks+colors", "neighbors+cosine+colors+kept", "cosine", "neighbors+normalised+cosine",
        "columns", "columns+turned+masks+colors+kept", "columns+normalised+cosine",
        "transport", "transport+all+losses", "transport+similar+masks+palette", "transport+palette+kept", "similar", "similar+normalised+neighbors"];

    /// <summary>
    /// Along random directions, by central differences in float64. A step of 1e-5 (of 255) hardly meets a kink of some ReLU, and
    /// leaves 1e-8 or so to rounding.
    /// </summary>
    [Theory]
    [InlineData("Gram")]
    [InlineData("paper+losses")]
    [InlineData("moments")]
    [InlineData("paper+moments+losses")]
    [InlineData("covariance")]
    [InlineData("covariance+losses+relative")]
    [InlineData("Wasserstein")]
    [InlineData("Wasserstein+losses+masks")]
    [InlineData("masks+moments")]
    [InlineData("inside+covariance+losses")]
    [InlineData("sums")]
    [InlineData("sums+inside+paper")]
    [InlineData("kept")]
    [InlineData("kept+Wasserstein")]
    [InlineData("neighbors")]
    [InlineData("neighbors+losses+masks+colors")]
    [InlineData("neighbors+turned+all+cosine")]
    [InlineData("cosine+inside+Wasserstein")]
    [InlineData("colors+kept")]
    [InlineData("columns")]
    [InlineData("columns+turned+masks+cosine")]
    [InlineData("transport")]
    [InlineData("transport+losses+masks+palette")]
    [InlineData("transport+all+similar")]
    [InlineData("similar+inside+Wasserstein")]
    public void The_gradient_is_the_derivative(string name)
    {
        const double Step = 1e-5;
        using var device = new ReferenceDevice();
        var random = new Random(5);
        ControlCase.Evaluate(device, name, 22, 26, 0, Shallow, (objective, x, gradient) =>
        {
            double[] g = gradient.Values().ToArray(), at = x.Values().ToArray();
            for (int round = 0; round < 2; round++)
            {
                double[] direction = [.. at.Select(_ => random.NextDouble() - 0.5)];
                double Along(double step)
                {
                    for (int i = 0; i < at.Length; i++) x.Values()[i] = at[i] + step * direction[i];
                    objective.Evaluations = 0;
                    objective.Evaluate(x, gradient);
                    return objective.ReadLosses().Total;
                }
                double slope = (Along(Step) - Along(-Step)) / (2 * Step), expected = g.Zip(direction, (a, b) => a * b).Sum(), scale = Math.Sqrt(g.Sum(v => v * v));
                TestContext.Current.TestOutputHelper?.WriteLine($"{name}: derivative {slope:g9}, gradient {expected:g9}, off by {Math.Abs(slope - expected) / scale:g2} of its length");
                Assert.True(Math.Abs(slope - expected) <= 1e-6 * scale, $"{name}: derivative {slope:g9}, gradient {expected:g9}");
            }
            return 0;
        });
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Blocks_are_exact_in_double_precision(string name)
    {
        using var device = new ReferenceDevice();
        CompareBlocks(device, name, 27, 38, [8, 16], 1e-7, Shallow);
    }

    /// <summary>The sums' other order is all that differs; the root of a covariance makes that some hundred times larger.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Blocks_are_exact_but_for_rounding_on_simd(string name)
    {
        using var device = new SimdDevice(1, exact: true);
        CompareBlocks(device, name, 75, 94, [32], name.Contains("Wasserstein") ? 1e-3 : 1e-5, "relu1_1", "relu2_1", "relu3_1");
    }

    /// <summary>All cases on one device, whose kernels take their time to compile.</summary>
    [Fact]
    public void Blocks_are_exact_but_for_rounding_on_ilgpu()
    {
        using var device = OpenClOperationTests.FirstOf(DeviceKind.OpenCl);
        Assert.SkipWhen(device is null, OpenClOperationTests.Absent);
        foreach (var row in Cases) CompareBlocks(device!, row.Data, 35, 46, [16], row.Data.Contains("Wasserstein") ? 1e-3 : 1e-5, Shallow);
    }

    /// <summary>
    /// The engines against the reference: losses to float32's precision, a hundred times less where a distance is the small difference of large
    /// traces; gradients to the precision of direct convolutions, whose ReLU masks may flip.
    /// </summary>
    [Fact]
    public void Engines_agree_with_the_reference()
    {
        using var reference = new ReferenceDevice();
        using var simd = new SimdDevice(1, exact: true);
        using var openCl = OpenClOperationTests.FirstOf(DeviceKind.OpenCl);
        foreach (string name in Cases.Select(row => row.Data))
        {
            var (expected, slope) = ControlCase.Evaluate(reference, name, 31, 36, 0, Shallow);
            foreach (var device in new Device?[] { simd, openCl }.OfType<Device>())
            {
                var (losses, gradient) = ControlCase.Evaluate(device, name, 31, 36, 0, Shallow);
                double error = GoldenTests.RelativeL2(gradient, slope);
                TestContext.Current.TestOutputHelper?.WriteLine($"{name} on {device.Name}: gradient {error:g3}, total {losses.Total / expected.Total - 1:g3}");
                Assert.Equal(1, losses.Total / expected.Total, name.Contains("Wasserstein") ? 1e-3 : 1e-5);
                Assert.InRange(error, 0, 1e-3);
            }
        }
    }

    /// <summary>
    /// Operands of 11 bits, on emulated tensor cores, against float32. Seen are losses that move by up to 6e-5 and gradients by up to 5e-3.
    /// Three times as much is allowed. Each loss is alone: the gradient of colors, which no convolution makes, would hide it.
    /// </summary>
    [Theory]
    [InlineData(Precision.Tf32)]
    [InlineData(Precision.Fp16)]
    public void Tensor_cores_hardly_move_what_looks_for_neighbors(Precision precision)
    {
        using var half = TensorCoreOperationTests.Open(precision);
        Assert.SkipWhen(half is null, OpenClOperationTests.Absent);
        using var single = new SimdDevice(1, exact: true);
        foreach (string name in new[] { "neighbors", "cosine", "columns", "transport", "similar" })
        {
            var (expected, slope) = ControlCase.Evaluate(single, name, 31, 36, 0, Shallow, OwnGolden.Weights);
            var (losses, gradient) = ControlCase.Evaluate(half!, name, 31, 36, 0, Shallow, OwnGolden.Weights);
            double error = GoldenTests.RelativeL2(gradient, slope);
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}: gradient {error:g3}, total {losses.Total / expected.Total - 1:g3}");
            Assert.Equal(1, losses.Total / expected.Total, 2e-4);
            Assert.InRange(error, 0, 0.015);
        }
    }

    static void CompareBlocks(Device device, string name, int height, int width, int[] sides, double tolerance, params string[] layers)
    {
        var (expected, slope) = ControlCase.Evaluate(device, name, height, width, 0, layers);
        foreach (int side in sides)
        {
            var (losses, gradient) = ControlCase.Evaluate(device, name, height, width, side, layers);
            double error = GoldenTests.RelativeL2(gradient, slope);
            TestContext.Current.TestOutputHelper?.WriteLine($"{name}, blocks of {side}: gradient {error:g3}, total {losses.Total / expected.Total - 1:g3}");
            Assert.True(error <= tolerance, $"{name}, blocks of {side}: the gradient differs by {error:g3}");
            Assert.Equal(1, losses.Total / expected.Total, tolerance);
            Assert.All(losses.StyleLayers.Zip(expected.StyleLayers), pair => Assert.Equal(1, pair.First / pair.Second, tolerance));
        }
    }
}
