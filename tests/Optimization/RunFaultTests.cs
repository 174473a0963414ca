using System.Text.RegularExpressions;
using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Kernels;
using GpuStyle.Tests.Support;
using ILGPU.Runtime.OpenCL;

namespace GpuStyle.Tests.Optimization;

/// <summary>Runs whose device fails, or has less memory than was planned with.</summary>
[Trait("Needs", "OpenCL")]
public sealed class RunFaultTests
{
    internal static readonly TransferSettings Settings = new()
    {
        Objective = new() { ContentLayers = [new("relu2_1", 1)], StyleLayers = [new("relu1_1", 1), new("relu2_1", 1)], StyleWeight = 100 },
        Optimizer = new() { Iterations = 8, History = 5 },
        Scales = 1,
    };

    readonly List<string> notes = [];

    [Fact]
    public void A_run_goes_on_elsewhere_from_the_last_picture_that_was_shown()
    {
        using SimdDevice other = new(1), check = new(1);
        using var failing = new FailingDevice(new SimdDevice(1), evaluation: 6);
        var seen = new List<int>();
        float[]? shown = null;
        var result = new StyleTransfer(failing, OwnGolden.Weights, Settings, notes.Add, () => other).Run(Pictures(40, 33), iterate =>
        {
            if (!iterate.Closing) seen.Add(iterate.Iteration);
            if (iterate.Iteration == 3) shown ??= iterate.Picture();
        }, TestContext.Current.CancellationToken);
        Assert.Equal("failing device has failed: CL_OUT_OF_RESOURCES. The run goes on on " + other.Name + " after iteration 3.", Assert.Single(notes));
        Assert.Equal([1, 2, 3, 4, 5, 4, 5, 6, 7, 8], seen);
        Assert.Equal(1, result.Last!.FractionDone, 1e-9);

        // What is left is a run of five iterations from that picture.
        var rest = Settings with { Init = InitKind.Picture, Optimizer = Settings.Optimizer with { Iterations = 5 } };
        var expected = new StyleTransfer(check, OwnGolden.Weights, rest).Run(Pictures(40, 33, shown), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(expected.Rgb, result.Rgb);
    }

    [Fact]
    public void Without_a_picture_shown_it_goes_on_from_the_beginning_of_the_size()
    {
        using SimdDevice other = new(1), whole = new(1);
        using var failing = new FailingDevice(new SimdDevice(1), evaluation: 13 + 3); // 12 at the first size, and the one that it ends with
        var settings = Settings with { Scales = 2 };
        var seen = new List<(int, int)>();
        var result = new StyleTransfer(failing, OwnGolden.Weights, settings, notes.Add, () => other).Run(Pictures(80, 66), iterate =>
        {
            if (!iterate.Closing) seen.Add((iterate.Scale, iterate.Iteration));
        }, TestContext.Current.CancellationToken);
        Assert.EndsWith("after iteration 12.", Assert.Single(notes));
        Assert.Equal([(1, 12), (2, 13), (2, 14), (2, 13)], seen.Skip(11).Take(4));
        var expected = new StyleTransfer(whole, OwnGolden.Weights, settings).Run(Pictures(80, 66), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(expected.Rgb, result.Rgb);
    }

    /// <summary>What suited the memory of the device that failed need not suit the one that takes over.</summary>
    [Fact]
    public void A_run_that_goes_on_elsewhere_is_fitted_to_the_memory_there()
    {
        var settings = Settings with { Optimizer = Settings.Optimizer with { Iterations = 2 } };
        var (height, width) = (530, 270);
        using SimdDevice inner = new(0), check = new(1);
        using var failing = new FailingDevice(new SimdDevice(1), evaluation: 1);
        using var other = new FailingDevice(inner, evaluation: int.MaxValue) { Free = (Needed(inner, settings, height, width, 384) + (4 << 20)) / 7 * 8 };
        var result = new StyleTransfer(failing, OwnGolden.Weights, settings, notes.Add, () => other).Run(Pictures(height, width), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(2, notes.Count);
        var note = Regex.Match(notes[1], @"^The picture is worked on in blocks of (512|384) px, to suit its memory\.$");
        Assert.True(note.Success, notes[1]);
        var expected = new StyleTransfer(check, OwnGolden.Weights, settings with { BlockSize = int.Parse(note.Groups[1].Value) }).Run(Pictures(height, width), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(expected.Rgb, result.Rgb);
    }

    /// <summary>The blocks that the first device wanted are not the other's; a limit is that of any device.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_asked_for_is_fitted_anew(bool limited)
    {
        var settings = Settings with { Optimizer = Settings.Optimizer with { Iterations = 2 } };
        var (height, width) = (530, 270);
        using SimdDevice other = new(0), check = new(1);
        using var failing = new FailingDevice(new SimdDevice(1), evaluation: 1);
        long? limit = limited ? Needed(other, settings, height, width, 384) + (4 << 20) : null;
        using var result = new StyleTransfer(failing, OwnGolden.Weights, settings with { BlockSize = 128 }, notes.Add, () => other, original: settings, limit: limit).Run(Pictures(height, width), cancellation: TestContext.Current.CancellationToken);
        var note = Regex.Match(notes[1], @"^The picture is worked on (as a whole|in blocks of (512|384) px), to suit its memory\.$");
        Assert.Equal((true, limited), (note.Success, note.Groups[2].Success));
        int side = limited ? int.Parse(note.Groups[2].Value) : 0;
        using var expected = new StyleTransfer(check, OwnGolden.Weights, settings with { BlockSize = side }).Run(Pictures(height, width), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(expected.Rgb, result.Rgb);
    }

    [Fact]
    public void Without_another_device_the_failure_is_the_end()
    {
        using var failing = new FailingDevice(new SimdDevice(1), evaluation: 2);
        var e = Assert.Throws<CLException>(() => new StyleTransfer(failing, OwnGolden.Weights, Settings, notes.Add).Run(Pictures(40, 33), cancellation: TestContext.Current.CancellationToken));
        Assert.NotNull(DeviceFault.Describe(e));
        Assert.Empty(notes);
    }

    /// <summary>What was painted before is the catcher's, at the size that was being begun.</summary>
    [Fact]
    public void A_failure_after_the_first_size_leaves_its_picture()
    {
        using SimdDevice device = new(1), check = new(1);
        var settings = Settings with { Scales = 2 };
        var pictures = Pictures(80, 66);
        var lost = pictures with { Content = pictures.Content! with { Read = (h, w, take) => { if (h == 80) throw new IOException("the file is gone"); pictures.Content.Read(h, w, take); } } };
        long held = 0;
        var e = Assert.Throws<RunFailedException>(() => new StyleTransfer(device, OwnGolden.Weights, settings, notes.Add).Run(lost, _ => held = device.AllocatedBytes, TestContext.Current.CancellationToken));
        Assert.Equal("the file is gone", Assert.IsType<IOException>(e.InnerException).Message);
        Assert.Equal((80, 66, 12), (e.Result.Height, e.Result.Width, e.Result.Last!.Iteration));
        using var coarse = new StyleTransfer(check, OwnGolden.Weights, settings with { Scales = 1, Optimizer = settings.Optimizer with { Iterations = 12 } }).Run(Pictures(40, 33), cancellation: TestContext.Current.CancellationToken);
        Assert.InRange(e.Result.Rgb.Average() - coarse.Rgb.Average(), -1, 1); // enlarged
        e.Result.Dispose();
        Assert.InRange(device.AllocatedBytes, 0, held);
        Assert.Empty(notes);
    }

    /// <summary>The smaller plan gives what it would have given had it been asked for.</summary>
    [Fact]
    public void Blocks_are_made_smaller_when_memory_runs_out()
    {
        using SimdDevice device = new(0), check = new(1);
        var settings = Settings with { Optimizer = Settings.Optimizer with { Iterations = 2 } };
        var (height, width) = (530, 270);
        device.AllocationLimit = Needed(device, settings, height, width, 384) + (16 << 20);
        Assert.InRange(device.AllocationLimit, 0, Needed(device, settings, height, width, 0) - (16 << 20));
        var result = new StyleTransfer(device, OwnGolden.Weights, settings, notes.Add).Run(Pictures(height, width), cancellation: TestContext.Current.CancellationToken);
        var note = Regex.Match(notes[^1], @"^The picture is worked on in blocks of (512|384|256) px: .* has no more memory\.$");
        Assert.True(note.Success, notes[^1]);
        int side = int.Parse(note.Groups[1].Value);
        var expected = new StyleTransfer(check, OwnGolden.Weights, settings with { BlockSize = side }).Run(Pictures(height, width), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(expected.Rgb, result.Rgb);
    }

    [Theory]
    [InlineData(DeviceKind.Simd)]
    [InlineData(DeviceKind.Reference)]
    [InlineData(DeviceKind.OpenCl)]
    public void A_shorter_history_is_tried_where_blocks_do_not_help(DeviceKind kind)
    {
        using var device = RecordingTests.Open(kind);
        var settings = Settings with { Objective = Settings.Objective with { ContentLayers = [new("relu1_1", 1)], StyleLayers = [] }, Optimizer = new() { Iterations = 100, History = 100 } };
        long whole = RunPlan.Memory(new(device), OwnGolden.Weights, settings, 24, 20, []).PeakBytes, few = RunPlan.Memory(new(device),
            OwnGolden.Weights, settings with { Optimizer = settings.Optimizer with { History = 10 } }, 24, 20, []).PeakBytes;
        device.AllocationLimit = (whole + few) / 2;
        using var enough = new CancellationTokenSource();
        var result = new StyleTransfer(device, OwnGolden.Weights, settings, notes.Add).Run(Pictures(24, 20), iterate =>
        {
            if (iterate.Iteration == 3) enough.Cancel();
        }, enough.Token);
        Assert.All(notes, note => Assert.Matches(@"^L-BFGS remembers \d+ pairs instead of \d+: .* has no more memory\.$", note));
        Assert.NotEmpty(notes);
        Assert.Equal(3, result.Last!.Iteration);
    }

    /// <summary>Whichever allocation fails, what was allocated before it is given back, and the line says what would fit.</summary>
    [Theory]
    [InlineData(StyleLossKind.Gram, false)]
    [InlineData(StyleLossKind.GramMoments, true)]
    [InlineData(StyleLossKind.Covariance, true)]
    [InlineData(StyleLossKind.Wasserstein, true)]
    public void Where_nothing_fits_one_line_says_what_would(StyleLossKind loss, bool everything)
    {
        using var device = new SimdDevice(1);
        var settings = Settings with { Optimizer = new() { Iterations = 2, History = 4 } };
        settings = settings with { Objective = settings.Objective with { StyleLoss = loss } };
        if (everything) settings = settings with { Objective = settings.Objective with { ContentForm = ContentForm.Relative, TvKind = TotalVariationKind.EdgeAware, NormaliseGradients = loss != StyleLossKind.Covariance } };
        MaskSource half = new((h, w) => [.. Enumerable.Range(0, h * w).Select(i => i % w < w / 2 ? 1f : 0f)]);
        var guidance = everything ? new Guidance([new("half", half, [new(0, 1, half)])], half) : null;
        void Run() => new StyleTransfer(device, OwnGolden.Weights, settings, notes.Add).Run(Pictures(64, 48) with { Guidance = guidance }, cancellation: TestContext.Current.CancellationToken);
        Run();
        long scratch = device.AllocatedBytes, most = device.PeakBytes;
        string last = "";
        for (long limit = scratch; limit < most; limit += (most - scratch) / 60)
        {
            device.AllocationLimit = limit;
            last = Assert.ThrowsAny<OutOfMemoryException>(Run).Message;
            Assert.Equal(scratch, device.AllocatedBytes);
        }
        Assert.Matches(@"^48x64 needs [\d,]+ MiB even with a history of 4; .* has given [\d,]+ MiB at most\. (A longest side of about \d+ px|No size) would fit\.$", last);
        Assert.Empty(notes);
    }

    /// <summary>The sizes that are tried are those that tile.</summary>
    [Fact]
    public void Where_a_texture_that_tiles_does_not_fit_one_line_says_what_would()
    {
        using var device = new SimdDevice(1);
        var objective = Settings.Objective with { ContentLayers = [], StyleLayers = [new("relu3_1", 1)], Tiles = true };
        var settings = Settings with { Objective = objective, Init = InitKind.Noise, Optimizer = new() { Iterations = 2, History = 4 } };
        void Run() => new StyleTransfer(device, OwnGolden.Weights, settings, notes.Add)
            .Run(Pictures(96, 64) with { Content = null }, cancellation: TestContext.Current.CancellationToken);
        Run();
        device.AllocationLimit = device.PeakBytes - 1;
        Assert.Matches(@"^64x96 needs .* (A longest side of about \d+ px|No size) would fit\.$", Assert.ThrowsAny<OutOfMemoryException>(Run).Message);
    }

    static long Needed(Device device, TransferSettings settings, int height, int width, int blockSize) =>
        RunPlan.Memory(new(device), OwnGolden.Weights, settings with { BlockSize = blockSize }, height, width, [(height, width)]).PeakBytes;

    internal static TransferPictures Pictures(int height, int width, float[]? init = null)
    {
        PictureSource Source(uint seed) => new(height, width, (h, w) => OwnGolden.Pixels(new(3, h, w), seed));
        return new(height, width, Source(1), [Source(2)], init is null ? null : new PictureSource(height, width, (_, _) => init));
    }
}
