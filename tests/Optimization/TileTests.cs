using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Kernels;

namespace GpuStyle.Tests.Optimization;

/// <summary>The losses of a picture that tiles are those of the plane that it fills.</summary>
[Trait("Needs", "OpenCL")]
[Collection("OpenCL")]
public sealed class TileTests
{
    static readonly string[] Shallow = ["relu1_1", "relu2_1"], Deeper = ["relu1_2", "relu2_1", "relu3_1"];

    /// <summary>
    /// The plain network on three by three of the picture, of which only the middle one counts: a mask says so, and it weighs nine times as
    /// much, being a ninth. No padding is seen there: margins are 6 and 16 px. What comes to all nine is the gradient of the one.
    /// </summary>
    [Theory]
    [InlineData("Gram")]
    [InlineData("moments")]
    [InlineData("covariance+losses")]
    [InlineData("Wasserstein")]
    [InlineData("neighbors+all")]
    [InlineData("neighbors+all+colors+losses")]
    [InlineData("transport+all+palette")]
    public void One_period_of_a_plane(string name)
    {
        const int Height = 24, Width = 20;
        using var reference = new ReferenceDevice();
        using var simd = new SimdDevice(1, exact: true);
        using var openCl = OpenClOperationTests.FirstOf(DeviceKind.OpenCl);
        foreach (string[] layers in new[] { Shallow, Deeper })
        {
            var settings = TileCase.Settings(name, layers) with { TvWeight = 0 };
            var (expected, slope) = Plane(reference, settings, TileCase.Pixels(Height, Width), Height, Width);
            foreach (var device in new Device?[] { reference, simd, openCl }.OfType<Device>())
            {
                var (losses, gradient) = TileCase.Evaluate(device, settings, TileCase.Pixels(Height, Width), Height, Width);
                double error = GoldenTests.RelativeL2(gradient, slope);
                TestContext.Current.TestOutputHelper?.WriteLine(
                    $"{name} to {layers[^1]} on {device.Name}: gradient {error:g3}, total {losses.Total / expected.Total - 1:g3}");
                // As engines agree with the reference elsewhere; its own gradient is rounded to float32 on its way here.
                bool exact = device == reference;
                Assert.Equal(1, losses.Total / expected.Total, exact ? 1e-6 : name == "Wasserstein" ? 1e-3 : 1e-5);
                Assert.InRange(error, 0, exact ? 1e-6 : 1e-3);
            }
        }
    }

    /// <summary>
    /// By as much as the deepest layer's stride: then every layer is moved by whole positions. Samples that are some of all positions are
    /// others then.
    /// </summary>
    [Theory]
    [InlineData("Gram")]
    [InlineData("moments")]
    [InlineData("Wasserstein")]
    [InlineData("neighbors+all+colors")]
    [InlineData("transport+all+palette")]
    [InlineData("columns")]
    public void Where_the_picture_begins_does_not_matter(string name)
    {
        const int Height = 24, Width = 32;
        using var device = new ReferenceDevice();
        var settings = TileCase.Settings(name, Deeper);
        float[] picture = TileCase.Pixels(Height, Width);
        var (losses, gradient) = TileCase.Evaluate(device, settings, picture, Height, Width);
        var (moved, slope) = TileCase.Evaluate(device, settings, TileCase.Moved(picture, Height, Width, 4, 12), Height, Width);
        // Sums in another order; of the distance of normal distributions, a small difference of large traces, less is left.
        double tolerance = name == "Wasserstein" ? 1e-5 : 1e-6;
        Assert.Equal(1, moved.Total / losses.Total, tolerance);
        Assert.Equal(1, moved.Tv / losses.Tv, 1e-9);
        Assert.InRange(GoldenTests.RelativeL2(slope, TileCase.Moved(gradient, Height, Width, 4, 12)), 0, tolerance);
    }

    /// <summary>As in <see cref="ControlTests"/>: along random directions, by central differences in float64.</summary>
    [Theory]
    [MemberData(nameof(TileCase.Cases), MemberType = typeof(TileCase))]
    public void The_gradient_is_the_derivative(string name)
    {
        const double Step = 1e-5;
        const int Height = 24, Width = 32;
        using var device = new ReferenceDevice();
        var random = new Random(5);
        var settings = TileCase.Settings(name, Shallow);
        TileCase.Evaluate(device, settings, TileCase.Pixels(Height, Width), Height, Width, 0, null, (objective, x, gradient) =>
        {
            double[] g = gradient.Values().ToArray(), at = x.Values().ToArray();
            double[] direction = [.. at.Select(_ => random.NextDouble() - 0.5)];
            double Along(double step)
            {
                for (int i = 0; i < at.Length; i++) x.Values()[i] = at[i] + step * direction[i];
                objective.Evaluations = 0;
                objective.Evaluate(x, gradient);
                return objective.ReadLosses().Total;
            }
            double slope = (Along(Step) - Along(-Step)) / (2 * Step);
            double expected = g.Zip(direction, (a, b) => a * b).Sum(), scale = Math.Sqrt(g.Sum(v => v * v));
            Assert.True(Math.Abs(slope - expected) <= 1e-6 * scale, $"{name}: derivative {slope:g9}, gradient {expected:g9}");
            return 0;
        });
    }

    /// <summary>The tolerances of blocks of other pictures: only sums' order differs.</summary>
    [Theory]
    [MemberData(nameof(TileCase.Cases), MemberType = typeof(TileCase))]
    [InlineData("normalised+moments")]
    public void Blocks_give_what_the_whole_gives(string name)
    {
        using (var reference = new ReferenceDevice()) Compare(reference, 28, 36, [8, 16], 1e-7, Shallow);
        using (var simd = new SimdDevice(1, exact: true))
            Compare(simd, 76, 92, [32], name.Contains("Wasserstein") ? 1e-3 : 1e-5, Deeper);

        void Compare(Device device, int height, int width, int[] sides, double tolerance, string[] layers)
        {
            var settings = TileCase.Settings(name, layers);
            float[] picture = TileCase.Pixels(height, width);
            var (expected, slope) = TileCase.Evaluate(device, settings, picture, height, width);
            foreach (int side in sides)
            {
                var (losses, gradient) = TileCase.Evaluate(device, settings, picture, height, width, side);
                double error = GoldenTests.RelativeL2(gradient, slope);
                Assert.True(error <= tolerance, $"{name}, blocks of {side}: the gradient differs by {error:g3}");
                Assert.Equal(1, losses.Total / expected.Total, tolerance);
            }
        }
    }

    /// <summary>With Winograd's transforms and down to relu5_1, whose margin is several times the picture.</summary>
    [Theory]
    [InlineData(32, 48)]
    [InlineData(16, 16)]
    public void Small_pictures_are_repeated_as_often_as_deep_layers_see(int height, int width)
    {
        var settings = TileCase.Settings("Gram", [.. ObjectiveSettings.FiveBlocks]);
        using var simd = new SimdDevice(1);
        float[] picture = TileCase.Pixels(height, width);
        var (losses, gradient) = TileCase.Evaluate(simd, settings, picture, height, width);
        var (moved, slope) = TileCase.Evaluate(simd, settings, TileCase.Moved(picture, height, width, 16, 16), height, width);
        // Winograd's rounding, which moves with the picture, flips masks of ReLUs.
        Assert.Equal(1, moved.Total / losses.Total, 1e-5);
        Assert.InRange(GoldenTests.RelativeL2(slope, TileCase.Moved(gradient, height, width, 16, 16)), 0, 5e-3);
    }

    [Fact]
    public void What_does_not_tile_is_refused()
    {
        using var device = new ReferenceDevice();
        var settings = TileCase.Settings("Gram", Deeper);
        string Refused(int height, int width, ObjectiveSettings settings, Guidance? guidance = null) => Assert.Throws<RequestException>(
            () => TileCase.Evaluate(device, settings, TileCase.Pixels(height, width), height, width, 0, guidance)).Message;
        Assert.Contains("use sides that are multiples of 4 px", Refused(24, 30, settings));
        Assert.Contains("no content picture", Refused(24, 32, settings with { ContentLayers = [new("relu1_1", 1)] }));
        Assert.Contains("no masks", Refused(24, 32, settings, Middle(24, 32, settings)));
    }

    /// <summary>Losses and gradient of one period in the middle of three by three.</summary>
    static (Losses Losses, float[] Gradient) Plane(Device device, ObjectiveSettings settings, float[] picture, int height, int width)
    {
        var plane = new float[9 * picture.Length];
        for (int i = 0; i < plane.Length; i++)
        {
            int c = i / (9 * height * width), y = i / (3 * width) % (3 * height), x = i % (3 * width);
            plane[i] = picture[(c * height + y % height) * width + x % width];
        }
        var plain = settings with { Tiles = false, GuideCarry = GuideCarry.Simple };
        var (losses, gradient) = TileCase.Evaluate(
            device, plain, plane, 3 * height, 3 * width, guidance: Middle(3 * height, 3 * width, settings));
        var folded = new float[picture.Length];
        for (int i = 0; i < plane.Length; i++)
        {
            int c = i / (9 * height * width), y = i / (3 * width) % (3 * height), x = i % (3 * width);
            folded[(c * height + y % height) * width + x % width] += gradient[i];
        }
        return (losses, folded);
    }

    /// <summary>The styles of some settings in the middle ninth of a picture alone, as strong as if they were everywhere.</summary>
    static Guidance Middle(int height, int width, ObjectiveSettings settings)
    {
        MaskSource middle = new((h, w) => [.. Enumerable.Range(0, h * w)
            .Select(i => i / w >= h / 3 && i / w < 2 * h / 3 && i % w >= w / 3 && i % w < 2 * w / 3 ? 1f : 0)]);
        return new([Guidance.Everywhere(settings, 2).Regions[0] with { Where = middle, Weight = 9 }]);
    }
}
