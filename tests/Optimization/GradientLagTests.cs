using System.Globalization;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Tests.Optimization;

/// <summary>Which evaluations are whole (W) and which lag (L), by the term's weighted loss and the total of each; of the whole ones which keep no gradient (J).</summary>
public sealed class GradientLagTests
{
    [Theory]
    [InlineData(3, "WLLWLLW", "0.01 100, 0.01 99, 0.01 98, 0.01 97, 0.01 96, 0.01 95, 0.01 94")]
    [InlineData(2, "WLWLW", "0.01 100, 0.01 100, 0.01 100, 0.01 100, 0.01 100")]
    [InlineData(9, "WWWW", "1 100, 1 99, 1 98, 1 97")]
    public void So_many_evaluations_share_a_small_gradient(int most, string expected, string losses) => Assert.Equal(expected, Kinds(most, losses));

    /// <summary>Up to a thousandth of the total as many evaluations as may be, above it as many fewer as the share is larger.</summary>
    [Theory]
    [InlineData("WLLLLWL", 0.5)]
    [InlineData("WLLLLWL", 1)]
    [InlineData("WLLLWLL", 1.01)]
    [InlineData("WLLLWLL", 1.25)]
    [InlineData("WLWLWLW", 2.5)]
    [InlineData("WWWWWWW", 2.51)]
    public void A_gradient_serves_the_fewer_the_more_it_counts(string expected, double loss) =>
        Assert.Equal(expected, Kinds(5, string.Join(", ", Enumerable.Repeat(string.Create(CultureInfo.InvariantCulture, $"{loss} 1000"), 7))));

    /// <summary>The total falls, the loss is kept.</summary>
    [Theory]
    [InlineData("WLLWL", "1 1100, 1 1050, 1 400, 1 300, 1 100")]
    [InlineData("WLLWW", "1 1100, 1 1050, 1 200, 1 100, 1 100")]
    public void A_share_that_grows_ends_it(string expected, string losses) => Assert.Equal(expected, Kinds(9, losses));

    [Theory]
    [InlineData("WWLL", "0.01 100, 0.01 99, 0.01 98, 0.01 97", 1)]
    [InlineData("WLLWLL", "0.01 100, 0.01 99, 0.01 150, 0.01 120, 0.01 110, 0.01 100", 0)]
    [InlineData("WLLWWL", "0.01 100, 0.01 99, 0.01 150, 0.01 160, 0.01 110, 0.01 100", 0)]
    [InlineData("WLLWLL", "0.01 100, 0.01 99, 0.01 NaN, 0.01 99, 0.01 98, 0.01 97", 0)]
    [InlineData("WWLL", "0.01 Infinity, 0.01 99, 0.01 98, 0.01 97", 0)]
    [InlineData("WLLWLL", "0.01 100, 0.01 99, 0.01 Infinity, 0.01 99, 0.01 98, 0.01 97", 0)]
    public void After_a_total_that_rose_comes_a_whole_one(string expected, string losses, int skipped) => Assert.Equal(expected, Kinds(9, skipped > 0 ? $"1 90, {losses}" : losses)[skipped..]);

    /// <summary>A loss at its minimum is small, too, and any move raises it: nothing is reused until it is seen to stand.</summary>
    [Theory]
    [InlineData("WWWWWW", "0 100, 90 190, 80 180, 85 180, 60 160, 0 100")]
    [InlineData("WWLLL", "0 1000, 0.01 1000, 0.01 999, 0.01 998, 0.01 997")]
    [InlineData("WWLWLL", "0 1000, 0.25 1000, 0.25 1000, 0.25 1000, 0.25 1000, 0.25 1000")]
    [InlineData("WWWL", "0 1000, 0.26 1000, 0.26 1000, 0.26 1000")]
    public void A_loss_that_moves_have_changed_is_looked_at_again(string expected, string losses) => Assert.Equal(expected, Kinds(9, losses, still: false));

    /// <summary>A line search reads the losses of the step that it has chosen, and so does the optimiser.</summary>
    [Fact]
    public void Losses_may_be_read_twice() => Assert.Equal("WWWLL", Kinds(9, "1 90, 0.01 100, 0.01 99, 0.01 98, 0.01 97", reads: 2));

    /// <summary>Where the term counts its gradient is not kept, so that a whole one comes before those that lag.</summary>
    [Theory]
    [InlineData("WLLWLLW", "0.01 100, 0.01 99, 0.01 98, 0.01 97, 0.01 96, 0.01 95, 0.01 94")]
    [InlineData("JJJJ", "1 100, 1 99, 1 98, 1 97")]
    [InlineData("WLWLWL", "1.5 1000, 1.5 1000, 1.5 1000, 1.5 1000, 1.5 1000, 1.5 1000")]
    [InlineData("JJJJJJ", "1.6 1000, 1.6 1000, 1.6 1000, 1.6 1000, 1.6 1000, 1.6 1000")]
    [InlineData("JJJWLL", "1 100, 1 99, 0.01 98, 0.01 97, 0.01 96, 0.01 95")]
    [InlineData("WLLJJWL", "0.99 1000, 0.99 999, 0.99 600, 0.99 600, 0.01 600, 0.01 600, 0.01 600")]
    [InlineData("WLWLL", "0.01 100, 0.01 150, 0.01 120, 0.01 110, 0.01 100")]
    [InlineData("WLWLL", "0.01 100, 0.01 NaN, 0.01 120, 0.01 110, 0.01 100")]
    public void What_counts_is_joined(string expected, string losses) => Assert.Equal(expected, Kinds(3, losses, joins: true));

    static string Kinds(int most, string losses, int reads = 1, bool joins = false, bool still = true)
    {
        var term = new Fixed(2);
        var lag = new GradientLag(most, [term], joins);
        string kinds = "";
        double kept = double.NaN;
        double[][] evaluations = [.. losses.Split(", ").Select(e => e.Split(' ').Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray())];
        // One more before them tells that the loss stands still, without which no gradient serves a second evaluation.
        double[] before = [evaluations[0][0], double.IsFinite(evaluations[0][1]) ? evaluations[0][1] : 100];
        foreach (double[] numbers in still ? evaluations.Prepend(before) : evaluations)
        {
            lag.Begin();
            kinds += lag.State switch { OwnGradient.Kept => 'L', OwnGradient.Renewed => 'W', _ => 'J' };
            Assert.True(lag.Has(term));
            // What an evaluation that lags leaves in the term's slot is nothing.
            bool lags = lag.State == OwnGradient.Kept;
            double loss = lags ? 0 : numbers[0] / term.Weight;
            if (!lags) kept = loss;
            for (int i = 0; i < reads; i++)
            {
                Assert.Equal(kept, lag.Loss(term, [loss]));
                lag.Total = numbers[1];
            }
        }
        Assert.StartsWith("W", kinds);
        return still ? kinds[1..] : kinds;
    }

    sealed class Fixed : TapTerm
    {
        public Fixed(double weight) : base(Vgg19.Layers[0]) => Weight = weight;

        public override double Loss(ReadOnlySpan<double> sums) => sums[0];

        public override void Gradient(int block, Tensor features, Region region, Tensor gradient, bool accumulate) => throw new InvalidOperationException();
    }
}
