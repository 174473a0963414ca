using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Kernels;
using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Optimization;

/// <summary>Runs that find in a cache what earlier ones have computed: the same bits, with less work, in no more memory than there is.</summary>
public sealed class TransferCacheTests
{
    const int Height = 48, Width = 40;

    static readonly ObjectiveSettings Objective = Presets.Find("gatys2016").Objective with { ContentLayers = [new("relu2_1", 1)], StyleLayers = [new("relu1_1", 1), new("relu2_1", 1)] };

    static readonly TransferSettings Settings = new() { Objective = Objective, Optimizer = new() { Iterations = 3 } };

    static readonly MaskSource Half = new((h, w) => [.. Enumerable.Range(0, h * w).Select(i => i % w < w / 2 ? 1f : 0f)]), Rest = new((h, w) => [.. Enumerable.Range(0, h * w).Select(i => i % w < w / 2 ? 0f : 1f)]);

    readonly int[] reads = new int[4];
    readonly List<string> notes = [];
    readonly TransferPictures pictures;

    public TransferCacheTests()
    {
        PictureSource Source(int number, int height, int width) => new(height, width, (h, w) =>
        {
            reads[number]++;
            return OwnGolden.Pixels(new(3, h, w), 2 * (uint)number);
        });
        pictures = new(Height, Width, Source(1, Height, Width), [Source(2, 33, 50), Source(3, 40, 40)]);
    }

    /// <summary>What differs between two runs that follow each other is each time something that targets depend on, or do not.</summary>
    static IEnumerable<(TransferSettings Settings, Guidance? Guidance)> Various()
    {
        TransferSettings With(Func<ObjectiveSettings, ObjectiveSettings> change) => Settings with { Objective = change(Objective) };
        yield return (Settings, null);
        yield return (With(o => o with { StyleWeight = 50, StyleLayers = [new("relu1_1", 3), new("relu2_1", 0.1)] }), null);
        yield return (With(o => o with { StyleLayers = [new("relu1_1", 1), new("relu2_1", 1), new("relu3_1", 1)], ContentLayers = [new("relu1_2", 1), new("relu2_1", 2)] }), null);
        yield return (With(o => o with { StyleLoss = StyleLossKind.Wasserstein, ContentForm = ContentForm.Relative }), null);
        yield return (With(o => o with { StyleLoss = StyleLossKind.Covariance, StyleCombination = StyleCombination.Losses, StyleBlend = [1, 3] }), null);
        yield return (With(o => o with { Pooling = PoolingKind.Max }), null);
        yield return (With(o => o with { PixelScale = 256 / 255.0 }), null);
        yield return (Settings with { BlockSize = 16 }, null);
        yield return (With(o => o with { ContentLayers = [new("relu3_1", 1)] }) with { BlockSize = 16 }, null);
        yield return (Settings with { Scales = 2, Init = InitKind.Noise }, null);
        yield return (With(o => o with { TvKind = TotalVariationKind.EdgeAware, TvWeight = 1 }), new([new("all", null, [new(0, 1, Half), new(1, 1, Rest)])]));
        yield return (Settings, new([new("all", null, [new(0, 1, Rest), new(1, 1, Half)])]));
        yield return (With(o => o with { GuideCarry = GuideCarry.Inside }), new([new("all", null, [new(0, 1, Rest), new(1, 2, Half)])], Half));
        yield return (With(o => o with { GuideStatistics = GuideStatistics.Sums }), new([new("half", Half, [new(0, 1, Rest)]), new("rest", Rest, [new(1, 1)])]));
        yield return (Settings, null);
    }

    [Fact]
    public void Runs_give_the_same_bits_as_each_alone()
    {
        // Twice: what the first time has left is found the second time, by all of them.
        AssertSameBits("cpu", Various().Concat(Various()));
    }

    /// <summary>Another engine keeps weights and targets in other layouts; several devices share the weights alone, and have targets of their bands.</summary>
    [Theory]
    [InlineData("opencl")]
    [InlineData("cpu,cpu")]
    public void So_they_do_on_other_devices(string ids)
    {
        Assert.SkipWhen(ids == "opencl" && Devices.Find().All(d => d.Kind != DeviceKind.OpenCl || d.Refusal is not null), OpenClOperationTests.Absent);
        var various = Various().ToList();
        // Another weight, another loss, blocks, masks.
        (TransferSettings, Guidance?)[] some = [various[0], various[1], various[3], various[7], various[13]];
        AssertSameBits(ids, some.Concat(some).Select(v => (v.Item1 with { Shares = ids.Contains(',') ? [1, 0.7] : null }, v.Item2)));
    }

    void AssertSameBits(string ids, IEnumerable<(TransferSettings, Guidance?)> runs)
    {
        DeviceGroup Open() => new([.. ids.Split(',').Select(id => Devices.Open(id, threads: 1))]);
        using DeviceGroup devices = Open(), others = Open();
        using var cache = new TransferCache { Room = 1L << 40 };
        foreach (var (settings, guidance) in runs)
        {
            using var expected = Run(others, settings, guidance);
            using var result = Run(devices, settings, guidance, cache);
            Assert.Equal(expected.Rgb, result.Rgb);
            Assert.Equal(expected.Last!.Losses.Total, result.Last!.Losses.Total);
        }
        Assert.True(cache.Bytes > 0);
    }

    /// <summary>Ten convolutions up to relu4_2.</summary>
    [Fact]
    public void Weights_and_targets_are_computed_once()
    {
        const int Depth = 10, Runs = 3;
        var settings = Settings with { Objective = Objective with { ContentLayers = [new("relu4_2", 1)] } };
        int Forwards(TransferCache? cache, CountingDevice device)
        {
            Array.Clear(reads);
            for (int i = 0; i < Runs; i++) Run(device, settings with { Objective = settings.Objective with { StyleWeight = 1 + i } }, cache: cache).Dispose();
            return device.Forwards;
        }
        using CountingDevice alone = new(new SimdDevice(1)), shared = new(new SimdDevice(1));
        using var cache = new TransferCache { Room = 1L << 40 };
        int each = Forwards(null, alone);
        Assert.Equal(Runs * Depth, alone.Prepared);
        // Its content is also what a run starts from.
        Assert.Equal([0, 2 * Runs, Runs, Runs], reads);
        // Content and two styles, but for the first run's.
        Assert.Equal(each - (Runs - 1) * 3 * Depth, Forwards(cache, shared));
        Assert.Equal(Depth, shared.Prepared);
        Assert.Equal([0, 1 + Runs, 1, 1], reads);

        // A further layer takes a further pass over each style, and what is there of it none; the iterations are as many as ever.
        int before = shared.Forwards;
        var more = settings with { Objective = settings.Objective with { StyleLayers = [.. settings.Objective.StyleLayers, new("relu3_1", 1)] } };
        Run(shared, more, cache: cache).Dispose();
        Assert.Equal(each / Runs - Depth, shared.Forwards - before);
        Assert.Equal([0, 2 + Runs, 2, 2], reads);
    }

    [Fact]
    public void Nothing_is_kept_beyond_the_room_or_of_other_weights()
    {
        using SimdDevice device = new(1), alone = new(1);
        using var cache = new TransferCache();
        Run(device, Settings, cache: cache).Dispose();
        Assert.Equal(0, cache.Bytes);
        long scratch = device.AllocatedBytes;
        cache.Room = 1L << 40;
        Run(device, Settings, cache: cache).Dispose();
        long all = cache.Bytes;
        Assert.Equal(all, device.AllocatedBytes - scratch);
        cache.Room = all - 1;
        Assert.Equal(scratch, device.AllocatedBytes);
        Run(device, Settings, cache: cache).Dispose();
        Assert.InRange(cache.Bytes, 1, all - 1);

        var others = new VggWeights([.. OwnGolden.Weights.Layers.Select(l => l with { Bias = [.. l.Bias.Select(b => b + 0.1f)] })], OwnGolden.Weights.Input, "others");
        cache.Room = 1L << 40;
        using var expected = new StyleTransfer(alone, others, Settings).Run(pictures, cancellation: TestContext.Current.CancellationToken);
        using var result = new StyleTransfer(device, others, Settings, cache: cache).Run(pictures, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(expected.Rgb, result.Rgb);
        Assert.Equal(all, cache.Bytes);
        cache.Dispose();
        Assert.Equal(scratch + device.StorageBytes(new(3, Height, Width)), device.AllocatedBytes);
    }

    /// <summary>With as much memory as a run takes by itself: what others have left makes room, and nothing else gives way.</summary>
    [Fact]
    public void What_is_kept_goes_when_memory_runs_out()
    {
        using SimdDevice device = new(1), alone = new(1);
        using var cache = new TransferCache { Room = 1L << 40 };
        var larger = Settings with { Objective = Objective with { ContentLayers = [new("relu1_2", 1), new("relu3_1", 1)] }, Optimizer = new() { Iterations = 3, History = 3 } };
        using var expected = Run(alone, larger);
        Run(device, Settings, cache: cache).Dispose();
        Run(device, Settings with { Objective = Objective with { Pooling = PoolingKind.Max } }, cache: cache).Dispose();
        long kept = cache.Bytes;
        // Statistics that are kept are beside the targets that they make.
        device.AllocationLimit = alone.PeakBytes + kept / 8;
        using var result = Run(device, larger, cache: cache);
        Assert.Equal(expected.Rgb, result.Rgb);
        Assert.Empty(notes);
        Assert.InRange(cache.Bytes, 0, kept / 2);
    }

    TransferResult Run(Device device, TransferSettings settings, Guidance? guidance = null, TransferCache? cache = null) => Run(new DeviceGroup(device), settings, guidance, cache);

    TransferResult Run(DeviceGroup devices, TransferSettings settings, Guidance? guidance, TransferCache? cache = null) =>
        new StyleTransfer(devices, OwnGolden.Weights, settings, notes.Add, cache: cache).Run(pictures with { Guidance = guidance }, cancellation: TestContext.Current.CancellationToken);
}
