using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;

namespace GpuStyle.Tests.Optimization;

/// <summary>What a run makes of its iterates: their average, the learning rate along them, when they are enough.</summary>
public sealed class IterateTests
{
    static readonly TransferSettings Settings = new()
    {
        Objective = new() { ContentLayers = [new("relu2_1", 1)], StyleLayers = [new("relu1_1", 1), new("relu2_1", 1)], StyleWeight = 100 },
        Optimizer = new() { Iterations = 5, History = 5, FirstStep = 1 },
        Scales = 1,
    };

    readonly List<string> notes = [];

    /// <summary>style-transfer-pytorch's, in float64 from the iterates: value = d value + (1 - d) x, shown as value / (1 - d^t), the starting picture being the first x.</summary>
    [Theory]
    [InlineData(OptimizerKind.Lbfgs)]
    [InlineData(OptimizerKind.Adam)]
    public void The_average_of_iterates(OptimizerKind kind)
    {
        const double Decay = 0.7;
        // Adam's usual steps are so long here that the average would be worse than the first picture, and not be kept.
        var plain = Settings with { Optimizer = Settings.Optimizer with { Kind = kind, AdamLearningRate = 2 } };
        List<float[]> iterates = [OwnGolden.Pixels(new(3, 33, 40), 1)], shown = [];
        Run(plain, 33, 40, EachInto(iterates));
        var result = Run(plain with { Optimizer = plain.Optimizer with { AverageDecay = Decay } }, 33, 40, EachInto(shown));
        var value = new double[iterates[0].Length];
        double accumulated = 1;
        for (int t = 0; t < iterates.Count; t++)
        {
            accumulated *= Decay;
            for (int i = 0; i < value.Length; i++) value[i] = Decay * value[i] + (1 - Decay) * iterates[t][i];
            // The average is rounded to float32 at each step.
            if (t > 0) Assert.All(shown[t - 1].Zip(value), pair => Assert.Equal(pair.Second / (1 - accumulated), pair.First, 1e-3));
        }
        Assert.Equal(shown[^1], result.Rgb);
        Assert.True(GoldenTests.RelativeL2(result.Rgb, iterates[^1]) > 1e-3, "the average is the last iterate");
    }

    /// <summary>What the next size begins with is the coarser size's average, enlarged.</summary>
    [Fact]
    public void The_average_is_handed_on()
    {
        var settings = Settings with { Scales = 2, Optimizer = Settings.Optimizer with { AverageDecay = 0.9, Iterations = 3 } };
        float[]? coarse = null;
        var result = Run(settings, 66, 80, iterate => coarse = iterate.Scale == 1 ? iterate.Picture() : coarse);
        using var device = new SimdDevice(1);
        using Tensor average = device.Allocate(new(3, 33, 40), coarse), enlarged = device.Allocate(new(3, 66, 80));
        device.Resampling.Resize(average, enlarged);
        Assert.Equal(Run(settings with { Scales = 1, Init = InitKind.Picture }, 66, 80, init: device.Download(enlarged)).Rgb, result.Rgb);
    }

    /// <summary>A picture interrupted is the average so far, and kept pixels are the content's in it too.</summary>
    [Fact]
    public void An_interrupted_average_keeps_the_pixels_that_are_kept()
    {
        var settings = Settings with { Optimizer = Settings.Optimizer with { AverageDecay = 0.5 } };
        MaskSource left = new((h, w) => [.. Enumerable.Range(0, h * w).Select(i => i % w < w / 2 ? 1f : 0)]), right = new((h, w) => [.. Enumerable.Range(0, h * w).Select(i => i % w < w / 2 ? 0 : 1f)]);
        using var enough = new CancellationTokenSource();
        float[] shown = [];
        var result = Run(settings, 33, 40, iterate =>
        {
            shown = iterate.Picture();
            if (iterate.Iteration == 3) enough.Cancel();
        }, guidance: new([new("", right, [new(0, 1)])], left), cancellation: enough.Token);
        Assert.Equal(Outcome.Cancelled, result.Outcome);
        Assert.Equal(shown, result.Rgb);
        float[] content = OwnGolden.Pixels(new(3, 33, 40), 1);
        Assert.All(Enumerable.Range(0, content.Length).Where(i => i % 40 < 20), i => Assert.Equal(content[i], result.Rgb[i], 1e-3f));
        Assert.NotEqual(content, result.Rgb);
    }

    [Theory]
    [InlineData(RateSchedule.Constant, 10, 10, 10)]
    [InlineData(RateSchedule.Linear, 10, 7.5, 2.5)]
    [InlineData(RateSchedule.Cosine, 10, 8.535533905932738, 1.4644660940672627)]
    public void Learning_rates(RateSchedule schedule, double first, double second, double last)
    {
        var optimizer = Settings.Optimizer with { Kind = OptimizerKind.Adam, Schedule = schedule };
        Assert.Equal(first, optimizer.AdamRate(0, 4), 1e-12);
        Assert.Equal(second, optimizer.AdamRate(1, 4), 1e-12);
        Assert.Equal(last, optimizer.AdamRate(3, 4), 1e-12);
    }

    /// <summary>The first step is the constant rate's; by the last, Adam moves as much less far as its rate is lower, but for what its moments have seen on the way.</summary>
    [Fact]
    public void A_schedule_shortens_the_steps_of_each_size()
    {
        double[] Steps(RateSchedule schedule)
        {
            var pictures = new List<float[]> { OwnGolden.Pixels(new(3, 33, 40), 1) };
            Run(Settings with { Optimizer = new() { Kind = OptimizerKind.Adam, Iterations = 8, Schedule = schedule } }, 33, 40, EachInto(pictures));
            return [.. pictures.Zip(pictures.Skip(1), (a, b) => Math.Sqrt(a.Zip(b, (x, y) => Math.Pow(x - y, 2)).Average()))];
        }
        double[] constant = Steps(RateSchedule.Constant), linear = Steps(RateSchedule.Linear);
        Assert.Equal(constant[0], linear[0], 1e-9);
        Assert.InRange(linear[^1] / constant[^1], 0.5 / 8, 2.0 / 8);
    }

    /// <summary>Each size ends at the first iteration at which its losses say so, with either optimiser, and the next one goes on.</summary>
    [Theory]
    [InlineData(OptimizerKind.Lbfgs, 0.3)]
    [InlineData(OptimizerKind.Adam, 0.5)]
    public void A_size_ends_when_its_loss_stalls(OptimizerKind kind, double until)
    {
        var losses = new List<List<double>> { new(), new() };
        double done = 0;
        var result = Run(Settings with { Scales = 2, Optimizer = Settings.Optimizer with { Kind = kind, Iterations = 200, Until = until } }, 36, 40, iterate =>
        {
            if (!iterate.Closing) losses[iterate.Scale - 1].Add(iterate.Losses.Total);
            Assert.InRange(iterate.FractionDone, done, 1);
            done = iterate.FractionDone;
        });
        Assert.Equal(2, result.Stalled);
        Assert.Equal(losses.Sum(l => l.Count), result.Last!.Iteration);
        Assert.Equal(Outcome.Completed, result.Outcome);
        for (int scale = 0; scale < 2; scale++)
        {
            var size = losses[scale];
            bool Stalled(int count) => count > 20 && size.Take(count).TakeLast(20).Min() >= (1 - until) * size.Take(count - 20).Min();
            Assert.InRange(size.Count, 21, 199);
            Assert.Equal(size.Count, Enumerable.Range(1, size.Count).First(Stalled));
            Assert.StartsWith($"{20 * (scale + 1)}x{18 * (scale + 1)} ends after {size.Count} of {(scale == 0 ? 300 : 200)} iterations", notes[scale]);
        }
    }

    [Fact]
    public void Without_a_limit_nothing_ends_early()
    {
        var result = Run(Settings with { Optimizer = new() { Kind = OptimizerKind.Adam, AdamLearningRate = 1e-9, Iterations = 30 } }, 20, 24);
        Assert.Equal((0, 30), (result.Stalled, result.Last!.Iteration));
        Assert.Empty(notes);
    }

    /// <summary>A loss that does not fall at all ends a size as soon as there is something to compare.</summary>
    [Fact]
    public void A_loss_that_stands_still()
    {
        var result = Run(Settings with { Optimizer = new() { Kind = OptimizerKind.Adam, AdamLearningRate = 1e-9, Iterations = 30, Until = 1e-3 } }, 20, 24);
        Assert.Equal((1, 21, 1.0), (result.Stalled, result.Last!.Iteration, Math.Round(result.Last.FractionDone * 30 / 21, 9)));
    }

    /// <summary>The average's picture is in the forecast, and is taken.</summary>
    [Fact]
    public void The_average_takes_a_picture_of_memory()
    {
        var settings = Settings with { Optimizer = new() { Kind = OptimizerKind.Adam, Iterations = 2 } };
        var averaged = settings with { Optimizer = settings.Optimizer with { AverageDecay = 0.9 } };
        var (height, width) = (60, 80);
        using SimdDevice without = new(1), with = new(1);
        long Planned(TransferSettings s) => RunPlan.Memory(new(without), OwnGolden.Weights, s, height, width, [(16,
            16)]).Devices.Single().Levels.Single().OptimizerBytes;
        long picture = without.StorageBytes(new(3, height, width));
        Assert.Equal(picture, Planned(averaged) - Planned(settings));
        Run(settings, height, width, device: without);
        Run(averaged, height, width, device: with);
        Assert.Equal(picture, with.PeakBytes - without.PeakBytes);
    }

    /// <summary>Takes the pictures after each iteration.</summary>
    static Action<Iterate> EachInto(List<float[]> pictures) => iterate =>
    {
        if (!iterate.Closing) pictures.Add(iterate.Picture());
    };

    TransferResult Run(TransferSettings settings, int height, int width, Action<Iterate>? progress = null, float[]? init = null, Guidance? guidance = null, Device? device = null, CancellationToken? cancellation = null)
    {
        using var own = device is null ? new SimdDevice(1) : null;
        PictureSource Source(uint seed) => new(height, width, (h, w) => OwnGolden.Pixels(new(3, h, w), seed));
        var pictures = new TransferPictures(height, width, Source(1), [Source(2)], init is null ? null : new PictureSource(height, width, (_, _) => init), guidance);
        using var result = new StyleTransfer(device ?? own!, OwnGolden.Weights, settings, notes.Add).Run(pictures, progress, cancellation ?? TestContext.Current.CancellationToken);
        Assert.NotEmpty(result.Rgb); // copied before the device is gone
        return result;
    }
}
