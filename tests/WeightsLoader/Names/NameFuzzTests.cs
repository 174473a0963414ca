using System.Diagnostics;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Tensors that are renamed, lost, doubled, reshaped and damaged: a network is read, or refused in one line; nothing else.</summary>
public sealed class NameFuzzTests
{
    /// <summary><c>GPUSTYLE_FUZZ=20</c> makes them twenty times as many.</summary>
    static readonly int Rounds = 2000 * (int.TryParse(Environment.GetEnvironmentVariable("GPUSTYLE_FUZZ"), out int factor) ? factor : 1);

    static readonly string[] Pieces = ["conv1_1", "conv1_2", "features.", "0", "2", "5", "3", ".weight", ".bias", ".running_mean", "block1_conv1", "/kernel:0", "vgg0_conv0", "_weight", "layers[0].", "weights[0]", "\n", "\u2028", "."];

    [Fact]
    public void Every_file_is_read_or_refused_in_one_line()
    {
        int read = 0, refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            var random = new Random(round);
            var file = Mutated(random);
            var clock = Stopwatch.StartNew();
            try
            {
                Assert.InRange(WeightFile.Read(file).Layers.Count, 1, 3);
                read++;
            }
            catch (WeightsException e)
            {
                Assert.StartsWith(file.Path, e.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', e.Message);
                Assert.True(e.Message.Length < 1000, e.Message);
                refused++;
            }
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"round {round}");
        }
        Assert.InRange(read, 100, Rounds);
        Assert.InRange(refused, 100, Rounds);
    }

    /// <summary>A name made to be searched for long is not searched.</summary>
    [Fact]
    public void Long_names_take_no_time()
    {
        var file = new MemoryTensors().Add(string.Concat(Enumerable.Repeat("block1_conv1/", 100_000)), [1], [0]).Add(string.Concat(Enumerable.Repeat("vgg0_conv0_", 100_000)), [1], [0]);
        var clock = Stopwatch.StartNew();
        Problems.Expect(file.Path, "is not VGG-19", () => WeightFile.Read(file));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), clock.Elapsed.ToString());
    }

    static MemoryTensors Mutated(Random random)
    {
        int[] padded = [2, 5];
        NamedNetwork[] networks =
        [
            new(i => $"conv1_{i + 1}.weight", i => $"conv1_{i + 1}.bias"),
            new(i => $"features.{2 * i}.weight", i => $"features.{2 * i}.bias"),
            new(i => $"{padded[i]}.weight", i => $"{padded[i]}.bias"),
            new(i => $"features.{3 * i}.weight", i => $"features.{3 * i}.bias"),
            new(i => $"block1_conv{i + 1}/kernel:0", i => $"block1_conv{i + 1}/bias:0", true),
            new(i => $"vgg0_conv{i}_weight", i => $"vgg0_conv{i}_bias"),
            new(i => $"layers[{2 * i}].weights[0]", i => $"layers[{2 * i}].weights[1]", true),
        ];
        int kind = random.Next(networks.Length);
        var sound = networks[kind].File(2);
        if (kind == 2) sound.Add("0.weight", [3, 3, 1, 1], [0, 0, 255, 0, 255, 0, 255, 0, 0]).Add("0.bias", [3], [-104, -117, -124]);
        if (kind == 3)
            for (int i = 0; i < 2; i++)
                foreach (string part in new[] { "weight", "bias", "running_mean", "running_var" })
                    sound.Add($"features.{3 * i + 1}.{part}", [64], [.. Enumerable.Repeat(1f, 64)]);
        var file = new MemoryTensors();
        var names = new HashSet<string>();
        double chance = random.NextDouble() * 0.2;
        foreach (var tensor in sound.Tensors)
        {
            float[] values = sound.ReadFloat32(tensor.Name);
            string name = tensor.Name;
            long[] shape = [.. tensor.Shape];
            if (random.NextDouble() < chance) continue;
            if (random.NextDouble() < chance) name = name.Insert(random.Next(name.Length + 1), Pieces[random.Next(Pieces.Length)]);
            if (random.NextDouble() < chance) name = name.Remove(random.Next(name.Length), 1);
            if (random.NextDouble() < chance) shape = [.. shape.OrderBy(_ => random.Next())];
            if (random.NextDouble() < chance) shape = [.. shape, 1];
            if (random.NextDouble() < chance) (shape, values) = ([values.Length / 2], values[..(values.Length / 2)]);
            if (random.NextDouble() < chance) values[random.Next(values.Length)] = new[] { float.NaN, float.NegativeInfinity, -1, 0, 1e38f }[random.Next(5)];
            if (names.Add(name)) file.Add(name, shape, values);
        }
        if (random.NextDouble() < chance) file.Say("layers[0].name", Pieces[random.Next(Pieces.Length)]);
        if (random.NextDouble() < chance) file.Say(InputDescriptions.MetadataKey, Pieces[random.Next(Pieces.Length)]);
        return file;
    }
}
