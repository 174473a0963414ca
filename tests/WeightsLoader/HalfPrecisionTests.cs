using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Weights written in half precision.</summary>
public sealed class HalfPrecisionTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Half_the_bytes_and_every_value_rounded_once()
    {
        var weights = new VggWeights(NamedNetwork.Expected(3), InputDescriptions.Torchvision, "made up");
        WeightFile.Save(folder["whole"], weights);
        WeightFile.Save(folder["half"], weights, half: true);
        Assert.InRange(new FileInfo(folder["half"]).Length, new FileInfo(folder["whole"]).Length / 2, new FileInfo(folder["whole"]).Length / 2 + 1000);
        using (var file = SafetensorsFile.Open(folder["half"])) Assert.All(file.Tensors, t => Assert.Equal("F16", t.Type));
        var read = WeightFile.Load(folder["half"]);
        Assert.Equal(weights.Input.Mean, read.Input.Mean);
        NamedNetwork.Same([.. weights.Layers.Select(l => l with { Kernel = Array.ConvertAll(l.Kernel, v => (float)(Half)v), Bias = Array.ConvertAll(l.Bias, v => (float)(Half)v) })], read);
    }

    [Theory]
    [InlineData(65519, true)]
    [InlineData(65520, false)]
    [InlineData(-1e6f, false)]
    public void What_it_cannot_hold_is_refused_and_nothing_written(float value, bool fits)
    {
        var layer = NamedNetwork.Expected(1)[0];
        var weights = new VggWeights([layer with { Bias = [.. layer.Bias[1..], value] }], InputDescription.Caffe, "made up");
        if (fits)
        {
            WeightFile.Save(folder["half"], weights, half: true);
            Assert.Equal(65504, WeightFile.Load(folder["half"]).Layers[0].Bias[^1]);
            return;
        }
        Problems.Expect(folder["half"], "cannot hold conv1_1.bias in half precision", () => WeightFile.Save(folder["half"], weights, half: true));
        Assert.Empty(Directory.GetFiles(folder.Root));
    }
}
