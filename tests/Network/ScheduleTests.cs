using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Tests.Network;

/// <summary>What is planned before any device is there: the steps of a pass and of an evaluation, and the places that steps
/// share.</summary>
public sealed class ScheduleTests
{
    static PassSchedule Pass(params string[] seeded) =>
        PassSchedule.Make(LayerTable.Full, seeded.Max(name => Vgg19.Find(name).Index) + 1, seeded.Select(Vgg19.Find));

    [Fact]
    public void A_pooling_goes_with_its_convolution_in_both_directions()
    {
        var pass = Pass("relu2_1");
        Assert.Equal(["conv1_1: picture -> features relu1_1", "conv1_2: features relu1_1 -> features relu1_2, pooled relu1_2",
            "conv2_1: pooled relu1_2 -> features relu2_1"], pass.Forward.Select(s => $"{s}"));
        Assert.Equal(["terms of relu2_1: features relu2_1 -> gradient relu2_1",
            "ReLU's gradient: gradient relu2_1 where features relu2_1 is positive",
            "conv2_1 backward: gradient relu2_1 -> pooled relu1_2",
            "conv1_2 backward: pooled relu1_2 (pooled from features relu1_2) -> features relu1_1 where features relu1_1 is positive",
            "conv1_1 backward: features relu1_1 -> picture"], pass.Backward.Select(s => $"{s}"));
        // Nobody but the pooling looks at what it takes.
        Assert.Equal(["features relu1_2"], pass.Buffers.Where(b => b.MaskOf is not null).Select(b => b.Name));
    }

    [Fact]
    public void A_loss_on_a_pooled_layer_has_its_gradient_apart()
    {
        var pass = Pass("relu1_2", "relu2_1");
        Assert.Equal("pooling of relu1_2 backward: pooled relu1_2 -> +gradient relu1_2 where features relu1_2 is positive",
            $"{pass.Backward.OfType<PoolGradientStep>().Single()}");
        Assert.DoesNotContain(pass.Buffers, b => b.MaskOf is not null);
    }

    /// <summary>Everything is read after it was written, whatever layers losses look at, and nothing that is still wanted shares its
    /// memory.</summary>
    [Fact]
    public void Every_step_finds_what_it_reads()
    {
        var random = new Random(7);
        for (int i = 0; i < 300; i++)
        {
            int depth = random.Next(1, 17);
            int[] seeds = [depth - 1, .. Enumerable.Range(0, depth - 1).Where(_ => random.Next(3) == 0)];
            var pass = PassSchedule.Make(LayerTable.Full, depth, seeds.Select(l => Vgg19.Layers[l]));
            var holds = new Dictionary<string, string> { [pass.Picture.Storage] = pass.Picture.Name };
            void Write(PassBuffer place, string value) => holds[place.Storage] = value;
            void Read(PassBuffer place, string value) => Assert.Equal(value, holds.GetValueOrDefault(place.Storage));
            void Values(PassBuffer place)
            {
                // Of some only what a pooling needs is kept.
                Assert.Null(place.MaskOf);
                Read(place, place.Name);
            }
            void Forward(PassSchedule schedule)
            {
                foreach (var step in schedule.Forward)
                {
                    Values(step.From);
                    Write(step.To, step.To.Name);
                    if (step.Pooled is { } map) Write(map, map.Name);
                    Read(step.To, step.To.Name);
                }
            }
            Forward(PassSchedule.Make(LayerTable.Full, depth, null));
            holds.Clear();
            Write(pass.Picture, pass.Picture.Name);
            Forward(pass);
            foreach (var step in pass.Backward)
                switch (step)
                {
                    case SeedStep s:
                        Values(s.Features);
                        Write(s.Gradient, $"d {s.Layer.Relu}");
                        break;
                    case ReluGradientStep s:
                        Values(s.Features);
                        Read(s.Gradient, $"d {Vgg19.Layers[depth - 1].Relu}");
                        break;
                    case PoolGradientStep s:
                        Values(s.Features);
                        Read(s.From, $"d pooled {s.Layer.Relu}");
                        Read(s.To, $"d {s.Layer.Relu}");
                        break;
                    case ConvolveGradientStep s:
                        Read(s.From, s.Unpooled is null ? $"d {s.Layer.Relu}" : $"d pooled {s.Layer.Relu}");
                        if (s.Unpooled is { } before) Read(before, before.Name);
                        if (s.Mask is { } mask) Values(mask);
                        string below = s.Layer.Index == 0 ? "picture" : Vgg19.Layers[s.Layer.Index - 1].Relu;
                        string to = s.Layer.PooledInput ? $"d pooled {below}" : $"d {below}";
                        if (s.Accumulate) Read(s.To, to);
                        Write(s.To, to);
                        break;
                }
            Read(pass.Picture, "d picture");
        }
    }

    [Fact]
    public void Blocks_run_forward_twice_but_for_the_last()
    {
        Assert.Equal(["Begin", "AddStatistics 0", "AddStatistics 1", "FinishStatistics", "Backward 1", "Forward 0", "Backward 0", "End"],
            EvaluationSchedule.Make(2, statistics: true, norms: false).Select(s => $"{s}"));
        Assert.Equal(["Begin", "FinishStatistics", "Forward 0", "Backward 0", "End"],
            EvaluationSchedule.Make(1, statistics: false, norms: false).Select(s => $"{s}"));
        Assert.Equal(["Begin", "AddStatistics 0", "FinishStatistics", "AddNormsAgain 0", "FinishNorms", "Backward 0", "End"],
            EvaluationSchedule.Make(1, statistics: true, norms: true).Select(s => $"{s}"));
        Assert.Equal(["Begin", "FinishStatistics", "AddNorms 0", "AddNorms 1", "FinishNorms", "Backward 1", "Forward 0", "Backward 0",
            "End"],
            EvaluationSchedule.Make(2, statistics: false, norms: true).Select(s => $"{s}"));
    }
}
