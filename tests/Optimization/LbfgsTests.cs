using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;

namespace GpuStyle.Tests.Optimization;

/// <summary>L-BFGS on a small objective, on the SIMD engine.</summary>
public sealed class LbfgsTests : IDisposable
{
    readonly SimdDevice device = new(2);
    readonly FeatureNetwork network;
    readonly OwnGolden golden = new("gatys2016");
    readonly Tensor content, style;

    public LbfgsTests()
    {
        network = new(device, OwnGolden.Weights, golden.Settings.Pooling, golden.Settings.Deepest());
        content = device.Allocate(golden.Picture, OwnGolden.Pixels(golden.Picture, 100));
        style = device.Allocate(golden.StylePicture, OwnGolden.Pixels(golden.StylePicture, 200));
    }

    public void Dispose()
    {
        content.Dispose();
        style.Dispose();
        network.Dispose();
        device.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void With_strong_wolfe_the_loss_never_rises(bool preconditioned)
    {
        var totals = Run(new() { LineSearch = LineSearch.StrongWolfe, Preconditioned = preconditioned, CurvatureWindow = 3 }, history: 10, iterations: 15);
        for (int i = 1; i < totals.Count; i++) Assert.True(totals[i] <= totals[i - 1] * (1 + 1e-6), $"iteration {i}: {totals[i]:g7} after {totals[i - 1]:g7}");
        Assert.True(totals[^1] < totals[0] / 2, $"{totals[0]:g4} came down to {totals[^1]:g4} alone");
    }

    [Fact]
    public void A_history_shorter_than_the_run_works_and_a_longer_one_is_no_worse()
    {
        double none = Run(new() { FirstStep = 1 }, history: 1, iterations: 25)[^1], some = Run(new() { FirstStep = 1 }, history: 8, iterations: 25)[^1];
        Assert.True(some < none, $"a history of 8 ends at {some:g5}, of 1 at {none:g5}");
    }

    /// <summary>The recursion uses what it remembers consistently; what is left is that secant equations hold to the rounding of 8 bits.</summary>
    [Fact]
    public void A_history_in_8_bits_is_as_good()
    {
        double single = Run(new() { FirstStep = 1 }, history: 10, iterations: 30)[^1], packed = Run(new() { FirstStep = 1, PackedHistory = true }, history: 10, iterations: 30)[^1];
        Assert.InRange(packed, 0.95 * single, 1.05 * single);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_step_that_float32_rounds_away_does_not_hold_the_run_up(bool preconditioned)
    {
        var totals = Run(new() { FirstStep = 1e-9, Preconditioned = preconditioned }, history: 10, iterations: 25);
        Assert.True(totals[^1] < totals[0] / 2, $"{totals[0]:g4} came down to {totals[^1]:g4} alone");
    }

    /// <summary>A first step of 400 grey levels, tried again until it is short enough.</summary>
    [Theory]
    [InlineData(false, 10)]
    [InlineData(true, 10)]
    [InlineData(true, 1)]
    public void A_step_that_raises_the_loss_far_is_taken_back(bool preconditioned, int history)
    {
        OptimizerSettings settings = new() { FirstStep = 400, Preconditioned = preconditioned };
        var wild = Run(settings, history, iterations: 12);
        Assert.Contains(wild.Zip(wild.Skip(1)), pair => pair.Second > 10 * pair.First);
        var guarded = Run(settings with { MostRise = 4 }, history, iterations: 12);
        Assert.All(guarded.Zip(guarded.Skip(1)), pair => Assert.InRange(pair.Second, 0, 4 * pair.First));
        Assert.True(guarded[^1] < guarded[0] / 2, $"{guarded[0]:g4} came down to {guarded[^1]:g4} alone");
    }

    /// <summary>For losses and inner products together, and for those with what the preconditioner makes.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void The_host_waits_once_an_iteration_and_once_more_with_a_preconditioner(bool preconditioned, int waits)
    {
        using var objective = new Objective(network, golden.Settings, content, [style], golden.Picture.Height, golden.Picture.Width, Lbfgs.SumCount(10));
        using var x = device.Allocate(golden.Picture, OwnGolden.Pixels(golden.Picture, 100));
        using var optimizer = new Lbfgs(objective, x, new() { FirstStep = 1, Preconditioned = preconditioned, PackedHistory = preconditioned }, 10);
        long before = device.Synchronizations;
        for (int i = 0; i < 20; i++) optimizer.Step();
        Assert.Equal(20 * waits, device.Synchronizations - before);
    }

    /// <summary>
    /// Everything is planned before: an evaluation, in one block or in several, allocates nothing at all; an iteration allocates the losses that it
    /// returns and a few lists of two.
    /// </summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(16, false)]
    public void Nothing_is_allocated_while_iterating(int blockSize, bool preconditioned)
    {
        using var objective = new Objective(network, golden.Settings, content, [style], golden.Picture.Height, golden.Picture.Width, Lbfgs.SumCount(4), blockSize);
        using Tensor x = device.Allocate(golden.Picture, OwnGolden.Pixels(golden.Picture, 100)), gradient = device.Allocate(golden.Picture);
        using var optimizer = new Lbfgs(objective, x, new() { FirstStep = 1, Preconditioned = preconditioned, PackedHistory = preconditioned }, 4);
        for (int i = 0; i < 8; i++) optimizer.Step();
        for (int i = 0; i < 2; i++) objective.Evaluate(x, gradient); // a new gradient: it is remembered, then recorded
        long native = device.AllocatedBytes;
        Assert.Equal(0, Allocations.Of(5, () => objective.Evaluate(x, gradient)));
        Assert.InRange(Allocations.Of(5, () => optimizer.Step()) / 5, 0, 2000);
        Assert.Equal(native, device.AllocatedBytes);
    }

    List<double> Run(OptimizerSettings settings, int history, int iterations)
    {
        using var objective = new Objective(network, golden.Settings, content, [style], golden.Picture.Height, golden.Picture.Width, Lbfgs.SumCount(history));
        using var x = device.Allocate(golden.Picture, OwnGolden.Pixels(golden.Picture, 100));
        using var optimizer = new Lbfgs(objective, x, settings, history);
        return [.. Enumerable.Range(0, iterations).Select(_ => optimizer.Step().Total)];
    }
}
