using GpuStyle.Optimization;

namespace GpuStyle.Tests.Optimization;

/// <summary>What is given up for memory, and in which order.</summary>
public sealed class SmallerSettingsTests
{
    [Fact]
    public void The_vectors_go_to_the_host_before_small_blocks_and_those_before_a_very_short_history()
    {
        var settings = TransferSettings.Of(Presets.Find("gatys2016"));
        var all = SmallerSettings.From(settings, 4096, keepBlocks: false, mayMove: true).ToList();
        Assert.Equal(settings, all[0]);
        int moved = all.FindIndex(s => s.VectorsOnHost), shorter = all.FindIndex(s => s.Optimizer.History < settings.Optimizer.History);
        Assert.All(all.Take(moved), s => Assert.InRange(s.BlockSize == 0 ? 4096 : s.BlockSize, 1024, 4096));
        Assert.Equal((0, settings.Optimizer.History), (all[moved].BlockSize, all[moved].Optimizer.History));
        Assert.InRange(shorter, moved + 1, all.Count - 1);
        Assert.Equal(SmallerSettings.SmallestBlock, all[^1].BlockSize);
        Assert.Equal(["The picture is worked on in blocks of 1024 px"], SmallerSettings.Changes(settings, settings with { BlockSize = 1024 }));
    }
}
