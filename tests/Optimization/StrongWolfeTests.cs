using GpuStyle.Optimization;

namespace GpuStyle.Tests.Optimization;

/// <summary>The line search on functions of one variable.</summary>
public sealed class StrongWolfeTests
{
    [Theory]
    [InlineData(1e-3)]
    [InlineData(1)]
    [InlineData(50)]
    public void Conditions_hold_on_a_quartic(double first)
    {
        static (double, double) Value(double t) => (Math.Pow(t - 3, 4) + t, 4 * Math.Pow(t - 3, 3) + 1);
        var (value, slope) = Value(0);
        double t = StrongWolfe.Search(Value, value, slope, first);
        var (found, foundSlope) = Value(t);
        Assert.True(found <= value + 1e-4 * t * slope, $"no sufficient decrease at {t}");
        Assert.True(Math.Abs(foundSlope) <= 0.9 * Math.Abs(slope), $"not flat enough at {t}");
    }

    [Fact]
    public void A_value_that_is_not_finite_is_too_far()
    {
        static (double, double) Value(double t) => t > 2 ? (double.NaN, double.NaN) : ((t - 1) * (t - 1), 2 * (t - 1));
        double t = StrongWolfe.Search(Value, 1, -2, 64);
        Assert.InRange(t, 0.05, 1.95);
    }

    [Fact]
    public void Nowhere_lower_gives_zero()
    {
        int calls = 0;
        double t = StrongWolfe.Search(x => { calls++; return (1 + x, 1); }, 1, -1, 1);
        Assert.Equal(0, t);
        Assert.InRange(calls, 2, 30);
    }
}
