using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;
using GpuStyle.Tests.Kernels;

namespace GpuStyle.Tests.Optimization;

/// <summary>N iterations are k, the state taken and given to new objects, and the other N - k: the same bits.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
public sealed class RunStateTests
{
    const int Height = 36, Width = 44;

    /// <summary>Runs that keep different things from one iteration to the next.</summary>
    static readonly Dictionary<string, (string Preset, Func<TransferSettings, TransferSettings> Change)> runs = new()
    {
        ["L-BFGS as published"] = ("neural-style", s => s with { Optimizer = s.Optimizer with { History = 3 } }),
        ["packed pairs and the preconditioner"] = ("gram", s => s with { Optimizer = s.Optimizer with { History = 4, CurvatureWindow = 3 } }),
        ["steps that are taken back"] = ("gram", s => s with { Optimizer = s.Optimizer with { MostRise = 0.9, FirstStep = 30 } }),
        ["a line search"] = ("neural-style-tf", s => s),
        ["means and deviations"] = ("spst", s => s),
        ["Adam"] = ("anishathalye", s => s),
        ["the average of iterates"] = ("style-transfer-pytorch", s => s),
        ["samples and octaves"] = ("paint", s => s),
        ["the pass of paint at the end"] = ("motifs", s => s with { Polish = 3 }),
        ["neighbors found once a size"] = ("nnst", s => s with { Polish = 2 }),
        ["RMSprop and transport"] = ("strotss", s => s),
        ["a gray picture"] = ("gram", s => s with { Gray = true }),
        ["blocks"] = ("gram", s => s with { BlockSize = 16 }),
        ["an early end"] = ("gram", s => s with { Optimizer = s.Optimizer with { Until = 0.9, Iterations = 26 }, Scales = 1 }),
        ["vectors on the host"] = ("gram", s => s with { VectorsOnHost = true }),
    };

    public static TheoryData<string> Names => [.. runs.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Goes_on_to_the_same_bits(string name) => Check(name, () => new(new SimdDevice(1)), several: true);

    [Theory]
    [InlineData(DeviceKind.Reference, "packed pairs and the preconditioner")]
    [InlineData(DeviceKind.Reference, "a line search")]
    [InlineData(DeviceKind.Reference, "Adam")]
    [InlineData(DeviceKind.OpenCl, "packed pairs and the preconditioner")]
    [InlineData(DeviceKind.OpenCl, "samples and octaves")]
    [InlineData(DeviceKind.Cuda, "packed pairs and the preconditioner")]
    public void Goes_on_to_the_same_bits_on_other_engines(DeviceKind kind, string name) =>
        Check(name, () => new(kind == DeviceKind.Reference ? new ReferenceDevice() : RecordingTests.Open(kind)), several: false);

    /// <summary>Devices of a group have the shares that were measured when the run began.</summary>
    [Theory]
    [InlineData("packed pairs and the preconditioner")]
    [InlineData("samples and octaves")]
    public void Goes_on_to_the_same_bits_on_several_devices(string name) => Check(name, () => new([new SimdDevice(1), new SimdDevice(1)]), several: false);

    [Fact]
    public void Regions_and_kept_pixels()
    {
        MaskSource left = new((h, w) => [.. Enumerable.Range(0, h * w).Select(i => i % w < w / 2 ? 1f : 0)]);
        Check("packed pairs and the preconditioner", () => new(new SimdDevice(1)), several: false,
            Pictures with { Guidance = new([new("left", left, [new(0, 1)])], left) });
    }

    [Fact]
    public void Other_pictures_are_refused()
    {
        RunState? state = null;
        Run(new(new SimdDevice(1)), Settings("gram", s => s), Pictures, null, i => state ??= i.State());
        var others = Pictures with { Styles = [Source(7)] };
        Assert.Equal("The run began with something else as the style pictures; give it that again, or begin anew.",
            Assert.Throws<RequestException>(() => Run(new(new SimdDevice(1)), state!.Position.Settings, others, state, _ => { })).Message);
    }

    [Fact]
    public void A_state_is_to_be_had_while_the_iteration_is_handed_over()
    {
        Iterate? kept = null;
        Run(new(new SimdDevice(1)), Settings("gram", s => s), Pictures, null, i => kept = i);
        Assert.Throws<InvalidOperationException>(() => kept!.State());
        using var stop = new CancellationTokenSource();
        var failure = Assert.Throws<RunFailedException>(() => Run(new(new SimdDevice(1)), Settings("gram", s => s), Pictures, null, i =>
        {
            stop.Cancel();
            if (i.Closing) i.State();
        }, stop.Token));
        Assert.IsType<InvalidOperationException>(failure.InnerException);
    }

    /// <summary>Where the optimizer is another one, no bit of its state could be of use.</summary>
    [Fact]
    public void Another_optimizer_is_refused()
    {
        RunState? state = null;
        Run(new(new SimdDevice(1)), Settings("gram", s => s), Pictures, null, i => state ??= i.State());
        var position = state!.Position;
        var settings = position.Settings with { Optimizer = position.Settings.Optimizer with { Kind = OptimizerKind.Adam } };
        var adam = state with { Position = position with { Settings = settings } };
        var failure = Assert.Throws<RunFailedException>(() => Run(new(new SimdDevice(1)), settings, Pictures, adam, _ => { }));
        Assert.StartsWith("The state is another optimizer's", Assert.IsType<ArgumentException>(failure.InnerException).Message);
    }

    [Fact]
    public void Devices_of_another_kind_are_refused()
    {
        RunState? state = null;
        Run(new(new SimdDevice(1)), Settings("gram", s => s), Pictures, null, i => state ??= i.State());
        Assert.Equal("The run began on another device than the float64 reference; go on with it there.",
            Assert.Throws<RequestException>(() => Run(new(new ReferenceDevice()), Settings("gram", s => s), Pictures, state, _ => { })).Message);
        state = state! with { Position = state.Position with { Settings = state.Position.Settings with { Shares = [1, 1] } } };
        Assert.Equal("The run began on 2 devices, and there are 1 now; give it as many.",
            Assert.Throws<RequestException>(() => Run(new(new SimdDevice(1)), Settings("gram", s => s), Pictures, state, _ => { })).Message);
    }

    /// <summary>What was shown last goes on, with less memory, from the best picture of the size, and its iterations count.</summary>
    [Fact]
    public void Where_memory_is_short_after_a_stop_no_iteration_is_lost()
    {
        var settings = Settings("neural-style", s => s with { Scales = 1, Optimizer = s.Optimizer with { Iterations = 12, History = 12 } });
        // The pairs are most of the memory.
        settings = settings with { Objective = settings.Objective with { ContentLayers = [new("relu1_1", 1)], StyleLayers = [], TvWeight = 0 } };
        RunState? state = null;
        using var device = new SimdDevice(1);
        var run = new StyleTransfer(device, OwnGolden.Narrow, settings);
        run.Run(Pictures, i => state = i.Iteration == 8 && !i.Closing ? i.State() : state, TestContext.Current.CancellationToken).Dispose();
        using var small = new SimdDevice(1);
        var group = new DeviceGroup(small);
        long With(int pairs) => RunPlan.Memory(group, OwnGolden.Narrow, settings with { Optimizer = settings.Optimizer with { History = pairs } },
            Height, Width, [(Height, Width)]).PeakBytes;
        small.AllocationLimit = (With(12) + With(4)) / 2;
        var notes = new List<string>();
        var iterations = new List<int>();
        using var result = new StyleTransfer(small, OwnGolden.Narrow, settings, notes.Add)
            .Resume(state!, Pictures, i => iterations.Add(i.Iteration), TestContext.Current.CancellationToken);
        Assert.Contains("has no more memory", notes[0]);
        Assert.Equal([9, 10, 11, 12, 12], iterations);
        Assert.True(result.Last!.Losses.Total <= state!.Position.Size!.OfBest!.Total);
    }

    /// <summary>
    /// A run that is stopped at a coarse size is evaluated at its final one in blocks, if there is no memory for the whole.
    /// </summary>
    [Fact]
    public void A_stopped_run_is_evaluated_with_less_memory()
    {
        const int Side = 300;
        PictureSource Large(uint seed) => new(Side, Side, (h, w) => OwnGolden.Pixels(new(3, h, w), seed));
        var pictures = new TransferPictures(Side, Side, Large(1), [Source(2)]);
        var settings = Settings("gram", s => s);
        using var device = new SimdDevice(1);
        var group = new DeviceGroup(device);
        long In(int block) => RunPlan.Memory(group, OwnGolden.Narrow, settings with { BlockSize = block }, Side, Side, [(Height, Width)]).PeakBytes;
        device.AllocationLimit = (In(0) + In(256)) / 2;
        using var stop = new CancellationTokenSource();
        var notes = new List<string>();
        using var result = new StyleTransfer(device, OwnGolden.Narrow, settings, notes.Add).Run(pictures, _ => stop.Cancel(), stop.Token);
        Assert.Equal((Outcome.Cancelled, Side, true), (result.Outcome, result.Width, result.Last!.Closing));
        Assert.Equal(Side, result.Last.Width);
        Assert.Equal(["Interrupted", "The picture is"], notes.Select(n => n.StartsWith("The picture is", StringComparison.Ordinal) ? n[..14] : n[..11]));
    }

    static TransferPictures Pictures { get; } = new(Height, Width, Source(1), [Source(2)]);

    static PictureSource Source(uint seed) => new(Height, Width, (h, w) => OwnGolden.Pixels(new(3, h, w), seed));

    /// <summary>Two sizes of three iterations, with the layers that the test's weights have.</summary>
    static TransferSettings Settings(string preset, Func<TransferSettings, TransferSettings> change)
    {
        var settings = TransferSettings.Of(Presets.Find(preset)) with { Scales = 2, FewerScales = false, Strength = null };
        IReadOnlyList<LayerWeight> There(IReadOnlyList<LayerWeight> layers) => [.. layers.Where(l => l.Vgg.Index < OwnGolden.Narrow.Layers.Count)];
        return change(settings with
        {
            Objective = settings.Objective with { ContentLayers = There(settings.Objective.ContentLayers), StyleLayers = There(settings.Objective.StyleLayers) },
            Optimizer = settings.Optimizer with { Iterations = 3 },
            Sizes = settings.Sizes with { MoreWhenCoarse = 1, Falling = null },
        });
    }

    static float[] Run(DeviceGroup group, TransferSettings settings, TransferPictures pictures, RunState? from, Action<Iterate> progress, CancellationToken? stop = null)
    {
        using (group)
        {
            var run = new StyleTransfer(group, OwnGolden.Narrow, settings);
            var token = stop ?? TestContext.Current.CancellationToken;
            using var result = from is null ? run.Run(pictures, progress, token) : run.Resume(from, pictures, progress, token);
            return result.Rgb;
        }
    }

    /// <summary>States within the first size, at its end, and within the last; or one within the last.</summary>
    static void Check(string name, Func<DeviceGroup> open, bool several, TransferPictures? pictures = null)
    {
        var settings = Settings(runs[name].Preset, runs[name].Change);
        pictures ??= Pictures;
        List<(int Scale, double Total, bool Closing, RunState State)> whole = [];
        float[] expected = Run(open(), settings, pictures, null, i => whole.Add((i.Scale, i.Losses.Total, i.Closing, i.State())));
        int closing = whole.FindIndex(i => i.Closing), last = whole.FindLastIndex(i => !i.Closing);
        foreach (int k in several ? new[] { closing - 2, closing, last - 1, last } : [last - 1])
        {
            List<(int, double, bool)> rest = [];
            float[] result = Run(open(), settings, pictures, whole[k].State, i => rest.Add((i.Scale, i.Losses.Total, i.Closing)));
            Assert.Equal(whole.Skip(k + 1).Select(i => (i.Scale, i.Total, i.Closing)), rest);
            Assert.True(expected.AsSpan().SequenceEqual(result), $"{name}: other bits after {k + 1} of {whole.Count}");
        }
    }
}
