using GpuStyle.Optimization;

namespace GpuStyle.Tests.Optimization;

/// <summary>What is given up for memory, and in which order.</summary>
public sealed class SmallerSettingsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_lag_goes_before_the_picture_is_cut(bool mayMove)
    {
        var settings = TransferSettings.Of(Presets.Find("gatys2016"));
        Assert.True(settings.Optimizer.Lag > 1);
        var all = SmallerSettings.From(settings, 4096, keepBlocks: false, mayMove).ToList();
        int without = all.FindIndex(s => s.Optimizer.Lag == 1), cut = all.FindIndex(s => s.BlockSize > 0);
        Assert.InRange(without, 1, cut - 1);
        Assert.All(all.Take(without), s => Assert.Equal((settings.Optimizer.Lag, 0, false), (s.Optimizer.Lag, s.BlockSize, s.VectorsOnHost)));
        TransferSettings Lagless(TransferSettings s) => s with { Optimizer = s.Optimizer with { Lag = 1 } };
        Assert.Equal("No gradient is kept for later evaluations (--lag 1)", SmallerSettings.Changes(settings, Lagless(settings)).Single());
        // The rest is as it is for settings that do not lag.
        Assert.Equal(SmallerSettings.From(Lagless(settings), 4096, keepBlocks: false, mayMove), all.Where(s => s.Optimizer.Lag > 1).Select(Lagless));
    }
}
