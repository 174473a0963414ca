using GpuStyle.Optimization;

namespace GpuStyle.Tests.Optimization;

/// <summary>Which positions the losses on samples look at.</summary>
public sealed class SampleGridTests
{
    [Theory]
    [InlineData(300, 512)]
    [InlineData(1001, 700)]
    [InlineData(1300, 2050)]
    public void A_pictures_grids_reach_all_of_its_positions(int height, int width)
    {
        int most = SampleGrids.OfPicture(64, new(64, height, width));
        var grids = SampleGrids.Make(height, width, null, most, seed: 3, SampleGrids.Most);
        Assert.Equal(height * width, grids.SelectMany(g => g.Points).Distinct().Count());
        Assert.Equal(SampleGrids.Count(height, width, most), grids.Max(g => g.Points.Count));
    }

    [Fact]
    public void Up_to_512_there_are_as_many_on_a_side_as_asked_for()
    {
        Assert.Equal(64, SampleGrids.OfPicture(64, new(64, 20, 512)));
        Assert.Equal(65, SampleGrids.OfPicture(64, new(64, 513, 20)));
        Assert.Equal(0, SampleGrids.OfPicture(0, new(64, 4000, 20)));
    }
}
