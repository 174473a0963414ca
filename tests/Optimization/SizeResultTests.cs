using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;

namespace GpuStyle.Tests.Optimization;

/// <summary>What a size ends with: a picture that was evaluated as it is saved, and that is no worse than the one it began with.</summary>
public sealed class SizeResultTests
{
    /// <summary>The order of rounding in float32: sums over features by Winograd's convolutions, in a pass of their own.</summary>
    const double Rounding = 1e-5;

    readonly List<string> notes = [];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    /// <summary>
    /// Any content, style, start, loss and optimizer, with soft masks and without, on pictures of all kinds, flat ones and equal ones among
    /// them: the closing losses are those of the picture, by an objective that knows nothing of the run, they are no higher than the size's
    /// first, and through a file of 16 bits they stay what they are but for what its rounding moves the picture.
    /// </summary>
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_runs(int seed)
    {
        var random = new Random(seed);
        T Any<T>(params T[] choices) => choices[random.Next(choices.Length)];
        int width = random.Next(16, 40), height = random.Next(16, 40), scales = Math.Min(width, height) >= 32 ? random.Next(1, 3) : 1;
        float[] content = AnyPicture(random, height, width), style = random.Next(3) == 0 ? content : AnyPicture(random, height, width);
        bool averaged = random.Next(5) == 0;
        var settings = new TransferSettings
        {
            Objective = new()
            {
                ContentLayers = [new("relu2_1", 1)],
                StyleLayers = [new("relu1_1", Any(1, 1e-3)), new("relu2_1", 1)],
                StyleLoss = Any(StyleLossKind.Gram, StyleLossKind.Gram, StyleLossKind.GramMoments, StyleLossKind.Covariance, StyleLossKind.Wasserstein,
                    StyleLossKind.Neighbors, StyleLossKind.Neighbors),
                StyleForm = Any(StyleForm.Paper, StyleForm.MeanOfNormalised),
                ContentForm = Any(ContentForm.HalfSum, ContentForm.Mean, ContentForm.Cosine),
                Samples = Any(64, 5, 0),
                ColorWeight = Any(0, 0, 1),
                ContentWeight = Any(0, 1, 100),
                StyleWeight = Any(1, 100, 1e4),
                TvWeight = Any(0, 1),
                TvKind = Any(TotalVariationKind.Squared, TotalVariationKind.Absolute),
                Pooling = Any(PoolingKind.Average, PoolingKind.Max),
            },
            Optimizer = new()
            {
                Kind = Any(OptimizerKind.Lbfgs, OptimizerKind.Lbfgs, OptimizerKind.Adam),
                Iterations = random.Next(1, 9),
                AdamLearningRate = Any(1, 10, 50),
                Octaves = Any(1, 4),
                LbfgsLearningRate = Any(0.5, 1, 1, 4),
                FirstStep = Any(0, 1, 20),
                MostRise = Any(0, 4),
                LineSearch = Any(LineSearch.None, LineSearch.None, LineSearch.StrongWolfe),
                Preconditioned = Any(false, true),
                PackedHistory = Any(false, true),
                History = 5,
                AverageDecay = averaged ? 0.9 : 0,
            },
            Init = Any(InitKind.Content, InitKind.Noise, InitKind.Style),
            Seed = seed,
            Scales = scales,
        };
        // White on the left, black on the right: in between some of the content's pixels are kept.
        MaskSource? soft = random.Next(3) == 0 ? new((h, w) => [.. Enumerable.Range(0, h * w).Select(i => 1 - i % w / (w - 1f))]) : null;
        var guidance = soft is null ? null
            : new Guidance([new("left", soft, [new(0, 1)])], new((h, w) => Array.ConvertAll(soft.AtSize(h, w), m => 1 - m)));
        using var device = new SimdDevice(1);
        PictureSource Of(float[] rgb) => new(height, width, (h, w) => PictureFile.Resize(new(width, height, rgb), w, h).Rgb);
        var sizes = new List<(Losses First, double Lowest, Losses Closing)>();
        Losses? first = null;
        double lowest = double.PositiveInfinity;
        using var result = new StyleTransfer(device, OwnGolden.Weights, settings, notes.Add).Run(new(height, width, Of(content), [Of(style)], Guidance: guidance), iterate =>
        {
            if (iterate.Closing)
            {
                sizes.Add((first!, lowest, iterate.Losses));
                (first, lowest) = (null, double.PositiveInfinity);
            }
            else (first, lowest) = (first ?? iterate.Losses, Math.Min(lowest, iterate.Losses.Total));
        }, TestContext.Current.CancellationToken);
        Assert.Equal(Outcome.Completed, result.Outcome);
        Assert.Equal(scales, sizes.Count);
        foreach (var size in sizes)
        {
            Assert.True(size.Closing.IsFinite);
            Assert.True(size.Closing.Total <= size.First.Total, $"{size.Closing.Total} after {size.First.Total}");
            TestContext.Current.TestOutputHelper?.WriteLine($"{size.First.Total:g6}, lowest {size.Lowest:g6}, closing {size.Closing.Total:g6}");
        }
        Assert.Same(result.Last!.Losses, sizes[^1].Closing);
        Assert.All(result.Rgb, v => Assert.InRange(v, 0, 255));

        using var network = new FeatureNetwork(device, OwnGolden.Weights, settings.Objective.Pooling, settings.Objective.Deepest());
        using Tensor contentThere = Of(content).Upload(device, height, width), styleThere = Of(style).Upload(device, height, width), gradient = device.Allocate(contentThere.Shape);
        var asItIs = guidance is null ? null : guidance with { Kept = null };
        using var objective = new Objective(network, settings.Objective, contentThere, [styleThere], height, width, guidance: asItIs);
        double Total(float[] rgb)
        {
            using var picture = device.Allocate(contentThere.Shape, rgb);
            objective.Evaluations = 0; // and look where the first evaluation did
            objective.Evaluate(picture, gradient);
            return objective.ReadLosses().Total;
        }
        // Near a minimum a total is the rounding of sums that are much larger.
        double total = Total(result.Rgb), scale = Math.Abs(sizes[^1].First.Total);
        Assert.Equal(total, result.Last.Losses.Total, Rounding * scale);
        double slope = device.Download(gradient).Sum(g => (double)Math.Abs(g));
        float[] filed = [.. result.Rgb.Select(v => MathF.Round(v * 257) / 257)];
        // Half of 1/257 is the most that a value moves, times the gradient there; as much again for what the gradient changes on the way.
        Assert.Equal(total, Total(filed), slope / 257 + Rounding * scale);
    }

    /// <summary>From the best possible picture every step leads upwards: the picture stays.</summary>
    [Fact]
    public void A_picture_that_cannot_be_better_stays()
    {
        float[] content = OwnGolden.Pixels(new(3, 24, 30), 1);
        var source = new PictureSource(24, 30, (_, _) => content);
        var settings = new TransferSettings
        {
            Objective = new() { ContentLayers = [new("relu2_1", 1)], StyleLayers = [new("relu1_1", 1)], ContentWeight = 1, StyleWeight = 1 },
            Optimizer = new() { Kind = OptimizerKind.Adam, AdamLearningRate = 30, Iterations = 3 },
            Scales = 1,
        };
        // Not the content itself, where the gradient is 0 and nothing moves.
        float[] start = [.. content.Select((v, i) => v + (i % 7 == 0 && v < 254 ? 0.5f : 0))];
        using var device = new SimdDevice(1);
        using var result = new StyleTransfer(device, OwnGolden.Weights, settings with { Init = InitKind.Picture }, notes.Add).Run(new(24, 30, source, [source], new PictureSource(24, 30, (_, _) => start)), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(start, result.Rgb);
        Assert.Equal("30x24: no iteration has lowered the loss; the picture stays as it was when this size began.", Assert.Single(notes));
    }

    /// <summary>
    /// A flat picture's covariance is rounding alone, and so was the loss of a picture like it: below 0, with a gradient that was no
    /// number. Absolute variation, which has no slope at such, ended the program.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(128)]
    public void Wasserstein_of_flat_pictures(int level)
    {
        float[] flat = [.. Enumerable.Repeat((float)level, 3 * 33 * 40)];
        flat[100] = 200;
        var source = new PictureSource(33, 40, (_, _) => flat);
        using var device = new SimdDevice(1);
        foreach (var kind in new[] { OptimizerKind.Lbfgs, OptimizerKind.Adam })
        {
            var settings = TransferSettings.Of(Presets.Find("gram")) with { Scales = 1 };
            settings = settings with
            {
                Objective = settings.Objective with
                {
                    ContentLayers = [new("relu2_1", 1)],
                    StyleLayers = [new("relu1_1", 1), new("relu3_1", 1)],
                    StyleLoss = StyleLossKind.Wasserstein,
                    TvKind = TotalVariationKind.Absolute,
                },
                Optimizer = settings.Optimizer with { Kind = kind, Iterations = 10 },
            };
            var totals = new List<double>();
            using var result = new StyleTransfer(device, OwnGolden.Weights, settings, notes.Add)
                .Run(new(33, 40, source, [source]), iterate => totals.Add(iterate.Losses.Total), TestContext.Current.CancellationToken);
            Assert.Equal(Outcome.Completed, result.Outcome);
            Assert.All(totals, t => Assert.InRange(t, 0, double.MaxValue));
            Assert.InRange(totals[^1], 0, totals[0]);
            Assert.All(result.Rgb, v => Assert.InRange(v, 0, 255));
        }
    }

    /// <summary>
    /// A run that is interrupted at a coarse size ends with a picture of the final size, and with the losses that it has there.
    /// </summary>
    [Fact]
    public void An_interrupted_run_is_evaluated_at_its_final_size()
    {
        using SimdDevice device = new(1), check = new(1);
        var settings = new TransferSettings
        {
            Objective = new() { ContentLayers = [new("relu2_1", 1)], StyleLayers = [new("relu1_1", 1), new("relu2_1", 1)], StyleWeight = 100 },
            Optimizer = new() { Iterations = 20, History = 5, FirstStep = 1 },
            Scales = 2,
        };
        PictureSource Source(uint seed) => new(64, 48, (h, w) => OwnGolden.Pixels(new(3, h, w), seed));
        var pictures = new TransferPictures(64, 48, Source(1), [Source(2)]);
        using var enough = new CancellationTokenSource();
        var closing = new List<(int Scale, int Iteration, int Width)>();
        using var result = new StyleTransfer(device, OwnGolden.Weights, settings).Run(pictures, iterate =>
        {
            if (iterate.Iteration == 3) enough.Cancel();
            if (iterate.Closing) closing.Add((iterate.Scale, iterate.Iteration, iterate.Width));
        }, enough.Token);
        Assert.Equal(Outcome.Cancelled, result.Outcome);
        Assert.Equal([(1, 3, 24), (2, 3, 48)], closing);
        float[] rgb = result.Rgb;
        using var again = new StyleTransfer(check, OwnGolden.Weights, settings with { Init = InitKind.Picture, Scales = 1, Optimizer = settings.Optimizer with { Iterations = 1 } })
            .Run(pictures with { Init = new(64, 48, (_, _) => rgb) }, iterate =>
            {
                if (!iterate.Closing) Assert.Equal(result.Last!.Losses.Total, iterate.Losses.Total, Rounding * iterate.Losses.Total);
            }, TestContext.Current.CancellationToken);
    }

    /// <summary>
    /// Pictures without color stay so when it is asked for, whatever the losses would gain by it, and the losses still fall.
    /// </summary>
    [Theory]
    [InlineData(InitKind.Content)]
    [InlineData(InitKind.Noise)]
    public void Grey_stays_grey(InitKind init)
    {
        using var device = new SimdDevice(1);
        PictureSource Grey(uint seed) => new(40, 33, (h, w) =>
        {
            float[] plane = OwnGolden.Pixels(new(1, h, w), seed);
            return [.. plane, .. plane, .. plane];
        });
        TransferSettings settings = TransferSettings.Of(Presets.Find("gram")) with { Init = init, Gray = true, Scales = 1 };
        settings = settings with { Objective = settings.Objective with { ContentLayers = [new("relu2_1", 1)], StyleLayers = [new("relu1_1", 1), new("relu2_1", 1)] }, Optimizer = settings.Optimizer with { Iterations = 20 } };
        List<double> totals = [], colors = [];
        using var result = new StyleTransfer(device, OwnGolden.Weights, settings).Run(new(40, 33, Grey(1), [Grey(2)]), iterate =>
        {
            totals.Add(iterate.Losses.Total);
            colors.Add(Color(iterate.Picture()));
        }, TestContext.Current.CancellationToken);
        Assert.Equal(0, Color(result.Rgb));
        Assert.All(colors, c => Assert.Equal(0, c));
        Assert.InRange(totals[^1], 0, totals[0] / 3);
    }

    /// <summary>The most that red, green and blue differ.</summary>
    static double Color(float[] rgb)
    {
        int plane = rgb.Length / 3;
        return Enumerable.Range(0, plane).Max(i => Math.Max(Math.Abs(rgb[i] - rgb[i + plane]), Math.Abs(rgb[i] - rgb[i + 2 * plane])));
    }

    static float[] AnyPicture(Random random, int height, int width)
    {
        int count = 3 * height * width, kind = random.Next(5);
        float flat = random.Next(256);
        return kind switch
        {
            0 => new float[count],
            1 => [.. Enumerable.Repeat(flat, count)],
            2 => [.. Enumerable.Range(0, count).Select(_ => random.Next(2) * 255f)],
            _ => OwnGolden.Pixels(new(3, height, width), (uint)random.Next(1, 100)),
        };
    }
}
