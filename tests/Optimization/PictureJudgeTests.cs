using System.Text.Json;
using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;

namespace GpuStyle.Tests.Optimization;

/// <summary>Scores of pictures, against make_scores.py's (PyTorch, float64).</summary>
[Trait("Takes", "long")]
public sealed class PictureJudgeTests
{
    static readonly JsonElement Golden =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "golden", "scores.json"))).RootElement;

    static readonly Shape Size = new(3, Whole("height"), Whole("width")), StyleSize = new(3, Whole("styleHeight"), Whole("styleWidth"));

    /// <summary>
    /// Pixels are whole numbers and the reference engine computes in float64; but host values are float32, as inputs of sums (1e-6) and of
    /// CFSD, whose terms of order 1 cancel to 6e-4 (1e-3 of it).
    /// </summary>
    [Fact]
    public void Golden_values()
    {
        using var device = new ReferenceDevice();
        Compare(device, 0, 1e-6, 1e-3);
    }

    /// <summary>Float32: losses and cosines within 1e-4, and no patch that is nearly as near as another changes places here.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(32)]
    public void Golden_values_in_float32(int blockSize)
    {
        using var device = Devices.Open("cpu", 2);
        Compare(device, blockSize, 1e-4, 2e-2);
    }

    [Fact]
    public void A_picture_is_the_most_like_itself()
    {
        using var device = Devices.Open("cpu", 2);
        float[] pixels = OwnGolden.Pixels(Size, 100);
        var own = Picture(pixels, Size);
        var scores = new PictureJudge(device, OwnGolden.Weights).Score(own, own, own, TestContext.Current.CancellationToken);
        Assert.Equal((1.0, 1.0, 0.0), (scores.ContentFidelity, scores.GlobalEffects, scores.StyleDistance), Near(1e-6));
        Assert.Equal((1.0, 0.0, 0.0), (scores.LocalPatterns, scores.Structure, scores.ContentDistance), Near(1e-6));
        // The painting's own places along its edges are nobody's neighbors, and not in the mean that is taken away.
        Assert.InRange(scores.FromPainting, 0, 0.05);
        Assert.InRange(scores.ToPainting, 0, 0.2);
    }

    [Fact]
    public void A_picture_without_a_patch_is_refused()
    {
        using var device = Devices.Open("cpu", 2);
        Shape small = new(3, 20, 40);
        var own = Picture(OwnGolden.Pixels(small, 100), small);
        Assert.Contains("use a larger picture", Assert.Throws<RequestException>(() => new PictureJudge(device, OwnGolden.Weights).Score(own, own, own, TestContext.Current.CancellationToken)).Message);
    }

    static void Compare(Device device, int blockSize, double tolerance, double ofStructure)
    {
        float[] first = OwnGolden.Pixels(Size, 100), photograph = OwnGolden.Pixels(Size, 110);
        float[] mixed = [.. first.Zip(photograph, (a, b) => MathF.Floor(0.5f * a + 0.5f * b))];
        var scores = new PictureJudge(device, OwnGolden.Weights, blockSize)
            .Score(Picture(mixed, Size), Picture(photograph, Size), Picture(OwnGolden.Pixels(StyleSize, 120), StyleSize), TestContext.Current.CancellationToken);
        void Check(string name, double value, double allowed) =>
            Assert.True(Math.Abs(value - Number(name)) <= allowed * Number(name), $"{name}: {value} for {Number(name)}");
        Check("contentFidelity", scores.ContentFidelity, tolerance);
        Check("globalEffects", scores.GlobalEffects, tolerance);
        Check("localPatterns", scores.LocalPatterns, tolerance);
        Check("structure", scores.Structure, ofStructure);
        Check("styleDistance", scores.StyleDistance, tolerance);
        Check("contentDistance", scores.ContentDistance, tolerance);
        Check("toPainting", scores.ToPainting, tolerance);
        Check("fromPainting", scores.FromPainting, tolerance);
    }

    static PictureSource Picture(float[] pixels, Shape shape) => new(shape.Height, shape.Width, (_, _) => pixels);

    static EqualityComparer<(double, double, double)> Near(double tolerance) => EqualityComparer<(double, double, double)>.Create((a, b) =>
        Math.Abs(a.Item1 - b.Item1) <= tolerance && Math.Abs(a.Item2 - b.Item2) <= tolerance && Math.Abs(a.Item3 - b.Item3) <= tolerance);

    static double Number(string name) => Golden.GetProperty(name).GetDouble();

    static int Whole(string name) => (int)Number(name);
}
