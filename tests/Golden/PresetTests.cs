using GpuStyle.Optimization;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests.Golden;

/// <summary>What the golden values of a preset cannot show, since it hardly counts in their totals.</summary>
public sealed class PresetTests
{
    /// <summary>The weight of total variation and the content layers are those of the program.</summary>
    [Theory]
    [InlineData("gatys-pytorch")]
    [InlineData("style-transfer-pytorch")]
    [InlineData("spst")]
    [InlineData("anishathalye")]
    [InlineData("neural-style-tf")]
    public void Weights_are_the_programs(string preset)
    {
        var golden = new OwnGolden(preset).Settings;
        var own = Presets.Find(preset).Objective;
        Assert.Equal(golden.TvWeight, own.TvWeight, 1e-15);
        Assert.Equal(golden.ContentLayers, own.ContentLayers);
    }

    /// <summary>style_transfer.py: 256, 64, 16, 4, 1, divided by their sum. The golden values go no deeper than the third layer.</summary>
    [Fact]
    public void Style_layers_of_style_transfer_pytorch() =>
        Assert.Equal([256 / 341.0, 64 / 341.0, 16 / 341.0, 4 / 341.0, 1 / 341.0], Presets.Find("style-transfer-pytorch").Objective.StyleLayers.Select(l => l.Weight));

    /// <summary>Every preset is documented.</summary>
    [Fact]
    public void Each_has_a_column_in_the_table()
    {
        Assert.SkipWhen(SharedFiles.Root is null, "the tests do not run from the repository");
        string page = File.ReadAllText(Path.Combine(SharedFiles.Root!, "docs", "presets.md"));
        Assert.All(Presets.All, preset => Assert.Contains($"`{preset.Name}`", page));
    }
}
