using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// The reference's gradients against central differences in float64. Step 1e-5 leaves an error of about 1e-10 from the third
/// derivative and 1e-11 from rounding; 1e-7 of the largest entry is allowed. Values near a kink of ReLU, max pooling or |x| are
/// avoided by drawing inputs from a grid whose points differ by at least 1e-2.
/// </summary>
public sealed class GradientTests : IDisposable
{
    const double Step = 1e-5, Tolerance = 1e-7;

    readonly ReferenceDevice device = new();
    readonly Random random = new(7);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Convolution_gradient_is_the_derivative()
    {
        using var filter = device.Convolution.Prepare(4, 3, Draw(108), Draw(4));
        Tensor x = Grid(new(3, 5, 6)), y = device.Allocate(new(4, 5, 6)), dy = Grid(y.Shape), dx = device.Allocate(x.Shape);
        double Value()
        {
            device.Convolution.Forward(filter, x, y);
            return Dot(y, dy);
        }
        Value();
        device.Vectors.MaskByRelu(y, dy);
        device.Convolution.Gradient(filter, dy, dx, null, accumulate: false);
        Check(x, dx, Value);
    }

    [Theory]
    [InlineData(PoolingKind.Average)]
    [InlineData(PoolingKind.Max)]
    public void Pooling_gradient_is_the_derivative(PoolingKind kind)
    {
        Tensor x = Grid(new(2, 5, 7)), y = device.Allocate(IPooling.Output(x.Shape)), dy = Grid(y.Shape), dx = device.Allocate(x.Shape);
        foreach (ref double v in x.Values()) v = Math.Abs(v) + 0.1;
        device.Pooling.Gradient(kind, x, dy, dx, accumulate: false);
        Check(x, dx, () =>
        {
            device.Pooling.Forward(kind, x, y);
            return Dot(y, dy);
        });
    }

    [Fact]
    public void Gram_gradient_is_half_the_derivative()
    {
        Tensor f = Grid(new(3, 4, 5)), d = Grid(Shape.Matrix(3)), df = device.Allocate(f.Shape);
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < i; j++) d.Row(0, i)[j] = d.Row(0, j)[i];
        var region = new Region(1, 0, 3, 4);
        device.Gram.Gradient(f, region, d, df, accumulate: false);
        device.Vectors.Combine([df], [2], df);
        Check(f, df, () =>
        {
            using var gram = device.Allocate(d.Shape);
            device.Gram.Accumulate(f, region, gram);
            return Dot(gram, d);
        });
    }

    [Fact]
    public void Squared_error_gradient_is_the_derivative()
    {
        Tensor x = Grid(new(2, 4, 5)), target = Grid(new(2, 3, 3)), dx = device.Allocate(x.Shape);
        var region = new Region(0, 1, 3, 3);
        using var sum = device.AllocateScalars(1);
        double Value(Tensor? gradient)
        {
            sum.Clear();
            device.SquaredError.Evaluate(x, 0.5f, target, region, new(sum, 0), gradient, 1, accumulate: false);
            return Read(sum);
        }
        Value(dx);
        Check(x, dx, () => Value(null));
    }

    public static TheoryData<TotalVariationKind, bool> Variations => [.. Enum.GetValues<TotalVariationKind>().SelectMany(kind => new[] { (kind, false), (kind, true) })];

    [Theory]
    [MemberData(nameof(Variations))]
    public void Total_variation_gradient_is_the_derivative(TotalVariationKind kind, bool wrap)
    {
        Tensor x = Grid(new(3, 4, 5)), dx = device.Allocate(x.Shape), scratch = device.Allocate(x.Shape);
        var pairs = kind == TotalVariationKind.EdgeAware ? Grid(new(2, 4, 5)) : null;
        using var sum = device.AllocateScalars(1);
        double Value(Tensor gradient)
        {
            sum.Clear();
            device.TotalVariation.Evaluate(kind, x, new(sum, 0), gradient, 1, pairs, wrap);
            return Read(sum);
        }
        Value(dx);
        Check(x, dx, () => Value(scratch));
    }

    /// <summary>Central differences of a function at every entry of x, against dx.</summary>
    static void Check(Tensor x, Tensor dx, Func<double> value)
    {
        double scale = 0;
        foreach (double g in dx.Values()) scale = Math.Max(scale, Math.Abs(g));
        for (int i = 0; i < x.Values().Length; i++)
        {
            double at = x.Values()[i];
            x.Values()[i] = at + Step;
            double above = value();
            x.Values()[i] = at - Step;
            double below = value();
            x.Values()[i] = at;
            double slope = (above - below) / (2 * Step);
            Assert.True(Math.Abs(slope - dx.Values()[i]) <= Tolerance * scale, $"entry {i}: derivative {slope:g10}, gradient {dx.Values()[i]:g10}");
        }
    }

    /// <summary>Distinct values at least 0.01 apart and away from 0.</summary>
    Tensor Grid(Shape shape)
    {
        var tensor = device.Allocate(shape);
        var values = Enumerable.Range(0, (int)shape.Count).Select(i => 0.01 * (i + 0.5 - shape.Count / 2)).ToArray();
        random.Shuffle(values);
        values.CopyTo(tensor.Values());
        return tensor;
    }

    float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];

    static double Dot(Tensor a, Tensor b)
    {
        double sum = 0;
        for (int i = 0; i < a.Values().Length; i++) sum += a.Values()[i] * b.Values()[i];
        return sum;
    }

    static double Read(Scalars sums)
    {
        var value = new double[1];
        sums.Read(value);
        return value[0];
    }
}
