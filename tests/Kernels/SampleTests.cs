using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// The losses that are made of sample matrices against numbers from a transcription of their formulas in PyTorch and float64: relaxed
/// transport, palette, moments and self-similarity of STROTSS. The data come from a linear congruential generator, in the order X, Y, C,
/// PX, PY.
/// </summary>
public sealed class SampleTests : IDisposable
{
    const int M = 37, N = 29, Length = 24;

    readonly ReferenceDevice device = new();
    readonly TensorList owned;
    readonly Tensor x, y, c, px, py, gradient, ofColors;
    readonly Scalars sums;
    uint state = 12345;

    public SampleTests()
    {
        owned = new(device);
        (x, y, c, px, py) = (Draw(M, Length), Draw(N, Length), Draw(M, Length), Draw(M, 3), Draw(N, 3));
        (gradient, ofColors, sums) = (owned.Allocate(x.Shape), owned.Allocate(px.Shape), device.AllocateScalars(7));
    }

    public void Dispose()
    {
        owned.Dispose();
        sums.Dispose();
        device.Dispose();
    }

    [Fact]
    public void The_data_are_those_of_the_numbers()
    {
        Assert.Equal([0.020402670, 0.016547799, 0.543155789, 0.634904027], x.Values()[..4].ToArray(), Near);
        Assert.Equal(0.329864800, y.Values()[^1], 8);
        Assert.Equal(0.257065833, c.Values()[^1], 8);
        Assert.Equal(0.803497195, px.Values()[0], 8);
        Assert.Equal(0.950685859, py.Values()[^1], 8);
    }

    [Fact]
    public void Relaxed_transport_is_that_of_the_paper()
    {
        var (near, covered) = Transport(1);
        Assert.Equal(0.134363304, near, Near);
        Assert.Equal(0.133040829, covered, Near);
        CheckGradient(-7.955321425e-04, -5.698374452e-04, -4.699124759e-04, -2.975920423e-04, 0.696529435);
    }

    [Fact]
    public void The_palette_is_that_of_the_program()
    {
        var (near, covered) = Palette(1);
        Assert.Equal(0.124647160, near, Near);
        Assert.Equal(0.126275216, covered, Near);
        Assert.Equal([0, 0, 0, -2.591914550e-03], new[] { At(ofColors, 0, 0), At(ofColors, 0, 1), At(ofColors, 5, 2), At(ofColors, 36,
            2) }, Turned);
        Assert.Equal(0.961416372, Norm(ofColors), Turned);
    }

    [Fact]
    public void Moments_are_those_of_the_paper()
    {
        var (mean, covariance) = Moments(1);
        Assert.Equal(0.068091317, mean, Near);
        Assert.Equal(0.016030004, covariance, Near);
        CheckGradient(1.170873780e-03, -1.024684074e-03, 9.799735371e-04, -1.217225745e-03, 1);
    }

    [Fact]
    public void Self_similarity_is_that_of_the_paper()
    {
        Assert.Equal(0.269895426, SelfSimilarity(1), Near);
        CheckGradient(-4.845792900e-04, -1.230243588e-03, 1.954370162e-03, 3.934372224e-03, 1.411760250);
    }

    [Theory]
    [InlineData(16, 0.252483536)]
    [InlineData(2, 0.205353271)]
    [InlineData(0.5, 0.191883022)]
    public void All_together(double weight, double expected)
    {
        double share = 1 / (weight + 2), colors = share / Math.Max(weight, 1);
        var (transport, palette, moments) = (Transport(share), Palette(colors), Moments(share));
        double total = weight * share * SelfSimilarity(weight * share) + share * (Math.Max(transport.Near, transport.Covered)
            + moments.Mean + moments.Covariance)
            + colors * Math.Max(palette.Near, palette.Covered);
        Assert.Equal(expected, total, Near);
        if (weight != 16) return;
        CheckGradient(-4.098848335e-04, -1.182134385e-03, 1.765554647e-03, 3.413063211e-03, 1.260094427);
        Assert.Equal(-8.999703300e-06, At(ofColors, 36, 2), Near);
        Assert.Equal(0.003338251, Norm(ofColors), Near);
    }

    (double Near, double Covered) Transport(double factor)
    {
        var (z, others, lengths, cover) = (Normalized(x), Normalized(y), owned.Allocate(IMatching.Lengths(M)), owned.Allocate(x.Shape));
        device.Vectors.Copy(x, z);
        device.Matching.Normalize(z, lengths);
        var (nearest, back, pull) = (owned.Allocate(IMoments.Vector(M)), owned.Allocate(IMoments.Vector(N)), owned.Allocate(x.Shape));
        device.Matching.Match(z, others, nearest, back);
        device.Matching.Pull(z, others, nearest, null, factor / M, new(sums, 0), pull);
        device.Matching.Cover(z, others, back, factor / N, new(sums, 1), cover);
        device.Samples.TakeLarger(pull, new(sums, 0), 1.0 / M, cover, new(sums, 1), 1.0 / N);
        device.Matching.NormalizeGradient(z, lengths, pull);
        Add(pull);
        return (Sum(0) / M, Sum(1) / N);
    }

    (double Near, double Covered) Palette(double factor)
    {
        var (nearest, back, cover) = (owned.Allocate(IMoments.Vector(M)), owned.Allocate(IMoments.Vector(N)), owned.Allocate(px.Shape));
        device.Samples.NearestColors(px, py, nearest);
        device.Samples.NearestColors(py, px, back);
        device.Samples.PullColors(px, py, nearest, false, factor / M, new(sums, 2), ofColors);
        device.Samples.PullColors(px, py, back, true, factor / N, new(sums, 3), cover);
        device.Samples.TakeLarger(ofColors, new(sums, 2), 1.0 / M, cover, new(sums, 3), 1.0 / N);
        return (Sum(2) / M, Sum(3) / N);
    }

    (double Mean, double Covariance) Moments(double factor)
    {
        var (mean, z, covariance) = MeanAndCovariance(x);
        var (target, _, targetCovariance) = MeanAndCovariance(y);
        device.Samples.Deviate(mean, target, factor / (Length * M), new(sums, 4));
        device.Samples.Multiply(Ones(M), false, mean, false, 1, gradient, accumulate: true);
        device.Samples.Deviate(covariance, targetCovariance, factor / (Length * Length), new(sums, 5));
        device.Samples.Multiply(z, false, covariance, false, 2.0 / M, gradient, accumulate: true);
        return (Sum(4) / Length, Sum(5) / (Length * Length));
    }

    double SelfSimilarity(double factor)
    {
        var (z, lengths, relations, target, back) = (owned.Allocate(x.Shape), owned.Allocate(IMatching.Lengths(M)),
            owned.Allocate(Shape.Matrix(M)), owned.Allocate(Shape.Matrix(M)), owned.Allocate(x.Shape));
        var content = Normalized(c);
        device.Samples.Multiply(content, false, content, true, 1, target, accumulate: false);
        device.Samples.Relate(target);
        device.Vectors.Copy(x, z);
        device.Matching.Normalize(z, lengths);
        device.Samples.Multiply(z, false, z, true, 1, relations, accumulate: false);
        device.Samples.CompareRelations(relations, target, factor / M, new(sums, 6));
        device.Samples.Multiply(relations, false, z, false, 1, back, accumulate: false);
        device.Matching.NormalizeGradient(z, lengths, back);
        Add(back);
        return Sum(6) / M;
    }

    (Tensor Mean, Tensor Centered, Tensor Covariance) MeanAndCovariance(Tensor samples)
    {
        int count = samples.Shape.Height;
        var (mean, z, covariance) = (owned.Allocate(IMoments.Vector(Length)), owned.Allocate(samples.Shape),
            owned.Allocate(Shape.Matrix(Length)));
        device.Samples.Multiply(Ones(count), true, samples, false, 1.0 / count, mean, accumulate: false);
        device.Vectors.Copy(samples, z);
        device.Samples.Multiply(Ones(count), false, mean, false, -1, z, accumulate: true);
        device.Samples.Multiply(z, true, z, false, 1.0 / count, covariance, accumulate: false);
        return (mean, z, covariance);
    }

    Tensor Normalized(Tensor samples)
    {
        var z = owned.Allocate(samples.Shape);
        device.Vectors.Copy(samples, z);
        device.Matching.Normalize(z, owned.Allocate(IMatching.Lengths(samples.Shape.Height)));
        return z;
    }

    Tensor Ones(int count) => owned.Allocate(IMatching.Samples(count, 1), [.. Enumerable.Repeat(1f, count)]);

    void Add(Tensor more) => device.Vectors.Combine([gradient, more], [1, 1], gradient);

    void CheckGradient(double first, double second, double third, double last, double norm)
    {
        Assert.Equal([first, second, third, last], new[] { At(gradient, 0, 0), At(gradient, 0, 1), At(gradient, 5, 2), At(gradient, 36,
            Length - 1) }, Near);
        Assert.Equal(norm, Norm(gradient), Near);
    }

    static double At(Tensor matrix, int row, int column) => matrix.Row(0, row)[column];

    static double Norm(Tensor matrix) => matrix.Values().ToArray().Sum(Math.Abs);

    double Sum(int slot)
    {
        var read = new double[sums.Count];
        sums.Read(read);
        return read[slot];
    }

    /// <summary>The numbers have nine digits.</summary>
    static bool Near(double a, double b) => Math.Abs(a - b) <= 1e-6 * Math.Max(1e-2, Math.Abs(b)) + 1e-9;

    /// <summary>
    /// The palette's slopes were taken after the rotation that the program turns colors by, whose constants have six digits.
    /// </summary>
    static bool Turned(double a, double b) => Math.Abs(a - b) <= 1e-5 * Math.Abs(b) + 1e-12;

    Tensor Draw(int rows, int columns) => owned.Allocate(IMatching.Samples(rows, columns), [.. Enumerable.Range(0, rows
        * columns).Select(_ =>
    {
        state = unchecked(state * 1664525 + 1013904223);
        return (state >> 8) / 16777216f;
    })]);
}
