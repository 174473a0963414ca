using GpuStyle.Kernels;
using GpuStyle.Tests.Optimization;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// Operations on a picture that wraps around, by what they are on the plane that it fills. That engines agree is the catalogue's matter.
/// </summary>
[Trait("Needs", "OpenCL")]
[Collection("OpenCL")]
public sealed class WrapTests
{
    const int Height = 10, Width = 12;

    static readonly Shape Picture = new(3, Height, Width);

    /// <summary>
    /// A window's gradient comes back to the picture by the adjoint of the way there: y . N x = N* y . x, without the mean.
    /// </summary>
    [Theory]
    [InlineData(1, 1, 3, 4, 0, 0)]
    [InlineData(5, 7, 5, 7, -2, 3)]
    [InlineData(5, 7, 25, 30, -9, -13)]
    [InlineData(31, 17, 40, 33, 62, -35)]
    [InlineData(16, 33, 7, 8, 12, 30)]
    public void Folding_is_the_adjoint_of_wrapping(int height, int width, int windowHeight, int windowWidth, int top, int left)
    {
        double[] scale = [1, 1.25, 0.5];
        Shape shape = new(3, height, width), window = new(3, windowHeight, windowWidth);
        float[] x = TileCase.Pixels(height, width, 5), y = TileCase.Pixels(windowHeight, windowWidth, 6);
        Func<Device?>[] engines =
            [() => new ReferenceDevice(), () => new SimdDevice(), () => OpenClOperationTests.FirstOf(DeviceKind.OpenCl)];
        foreach (var open in engines)
        {
            using var device = open();
            if (device is null) continue;
            using Tensor from = device.Allocate(shape, x), to = device.Allocate(window);
            using Tensor of = device.Allocate(window, y), folded = device.Allocate(shape);
            device.Vectors.Normalise(from, new(top, left), [0, 0, 0], scale, to);
            device.Vectors.Fill(folded, 0);
            device.Vectors.NormaliseGradient(of, scale, folded, new(top, left));
            double there = Dot(device.Download(to), y), back = Dot(device.Download(folded), x);
            Assert.Equal(1, back / there, 1e-6); // sums of float32 values, which were rounded once
        }
    }

    /// <summary>What a window shows of a picture is what a window inside its repetition shows.</summary>
    [Fact]
    public void Beyond_an_edge_is_the_other_side()
    {
        using var device = new ReferenceDevice();
        float[] picture = TileCase.Pixels(Height, Width);
        using Tensor x = device.Allocate(Picture, picture), window = device.Allocate(new(3, 2 * Height + 3, 3));
        device.Vectors.Normalise(x, new(-4, 2 * Width - 1), [0, 0, 0], [1, 1, 1], window);
        for (int c = 0; c < 3; c++)
            for (int row = 0; row < window.Shape.Height; row++)
                for (int column = 0; column < 3; column++)
                {
                    float expected = picture[(c * Height + (row + Height - 4) % Height) * Width + (column + Width - 1) % Width];
                    Assert.Equal(expected, window.Row(c, row)[column]);
                }
    }

    /// <summary>By their definitions, with the difference to every position's right and lower neighbor on the plane.</summary>
    [Theory]
    [InlineData(TotalVariationKind.Squared)]
    [InlineData(TotalVariationKind.NeuralStyle)]
    [InlineData(TotalVariationKind.Absolute)]
    [InlineData(TotalVariationKind.Means)]
    [InlineData(TotalVariationKind.NinePoint)]
    public void Variation_is_that_of_one_period(TotalVariationKind kind)
    {
        float[] picture = TileCase.Pixels(Height, Width);
        double sum = 0;
        for (int i = 0; i < picture.Length; i++)
        {
            int c = i / (Height * Width), y = i / Width % Height, x = i % Width;
            double At(int down, int right) => picture[(c * Height + (y + down) % Height) * Width + (x + right) % Width];
            double dx = At(0, 1) - At(0, 0), dy = At(1, 0) - At(0, 0), falling = At(1, 1) - At(0, 0), rising = At(1, 0) - At(0, 1);
            sum += kind switch
            {
                TotalVariationKind.Absolute => Math.Abs(dx) + Math.Abs(dy),
                TotalVariationKind.Means => (dx * dx + dy * dy) / picture.Length,
                TotalVariationKind.NinePoint => (2 * (dx * dx + dy * dy) / 3 + (falling * falling + rising * rising) / 6) / picture.Length,
                _ => (dx * dx + dy * dy) / 2,
            };
        }
        using var device = new ReferenceDevice();
        using Tensor value = device.Allocate(Picture, picture), gradient = device.Allocate(Picture);
        using var sums = device.AllocateScalars(1);
        device.TotalVariation.Evaluate(kind, value, new(sums, 0), gradient, 0, wrap: true);
        var read = new double[1];
        sums.Read(read);
        Assert.Equal(1, read[0] / sum, 1e-12);
    }

    /// <summary>A picture that begins elsewhere becomes one that begins elsewhere: enlarged by 2 and by 3/2, and reduced.</summary>
    [Theory]
    [InlineData(20, 24, 2)]
    [InlineData(15, 18, 1.5)]
    [InlineData(5, 6, 0.5)]
    public void Resizing_knows_no_edge(int height, int width, double factor)
    {
        const int Down = 4, Right = 6;
        var after = ((int)(factor * Down), (int)(factor * Right));
        Same((x, y) => x.Device.Resampling.Resize(x, y, wrap: true), Picture, new(3, height, width), (Down, Right), after);
    }

    [Fact]
    public void Halving_and_spreading_know_no_edge()
    {
        Shape half = new(3, Height / 2, Width / 2);
        Same((x, y) => x.Device.Smoothing.Halve(x, y, wrap: true), Picture, half, (4, 6), (2, 3));
        Same((x, y) =>
        {
            y.Values().Clear();
            x.Device.Smoothing.Spread(x, 1, y, wrap: true);
        }, half, Picture, (2, 3), (4, 6));
    }

    /// <summary>Spread is 4 times the adjoint of halving, along even and along odd sides.</summary>
    [Theory]
    [InlineData(10, 12)]
    [InlineData(5, 12)]
    [InlineData(2, 3)]
    [InlineData(1, 2)]
    public void Spreading_is_the_adjoint_of_halving(int height, int width)
    {
        using var device = new ReferenceDevice();
        Shape fine = new(3, height, width), coarse = ISmoothing.Half(fine);
        using Tensor x = device.Allocate(fine, TileCase.Pixels(height, width, 5));
        using Tensor y = device.Allocate(coarse, TileCase.Pixels(coarse.Height, coarse.Width, 6));
        using Tensor halved = device.Allocate(coarse), spread = device.Allocate(fine);
        device.Smoothing.Halve(x, halved, wrap: true);
        device.Vectors.Fill(spread, 0);
        device.Smoothing.Spread(y, 1, spread, wrap: true);
        Assert.Equal(4, Dot(spread.Values(), x.Values()) / Dot(halved.Values(), y.Values()), 1e-12);
    }

    /// <summary>An operation on a picture and on the same one moved gives pictures of which one is the other moved.</summary>
    static void Same(Action<Tensor, Tensor> operation, Shape from, Shape to, (int Down, int Right) before, (int Down, int Right) after)
    {
        using var device = new ReferenceDevice();
        float[] picture = TileCase.Pixels(from.Height, from.Width);
        using Tensor x = device.Allocate(from, picture);
        using Tensor moved = device.Allocate(from, TileCase.Moved(picture, from.Height, from.Width, before.Down, before.Right));
        using Tensor y = device.Allocate(to), other = device.Allocate(to);
        operation(x, y);
        operation(moved, other);
        float[] expected = TileCase.Moved(device.Download(y), to.Height, to.Width, after.Down, after.Right);
        // Values are up to 255, and weights float32.
        Assert.All(expected.Zip(device.Download(other)), pair => Assert.Equal(pair.First, pair.Second, 1e-3));
    }

    static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += (double)a[i] * b[i];
        return sum;
    }

    static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
}
