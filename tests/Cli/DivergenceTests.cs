using GpuStyle.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>Runs whose loss stops being a number: the best picture is kept beside the target, which stays as it was.</summary>
[Trait("Needs", "processes")]
public sealed class DivergenceTests : CliTest
{
    [Theory]
    [InlineData("3", "adam", "lower --learning-rate, or lower --style-weight")]
    [InlineData("1", "adam", "lower --learning-rate, or")]
    [InlineData("3", "lbfgs", "lower --learning-rate, use --line-search strong-wolfe, --preconditioner none, --history-precision fp32, or lower --style-weight")]
    public void Steps_that_are_far_too_long(string iterations, string optimizer, string advice)
    {
        byte[] before = File.ReadAllBytes(folder["style.png"]);
        File.Copy(folder["style.png"], folder["out.png"]);
        Transfer("--optimizer", optimizer, "--learning-rate", "1e30", "--iterations", iterations).Failed("out-last-good.png", advice);
        Assert.Equal(before, File.ReadAllBytes(folder["out.png"]));
        Assert.Equal(["content.png", "out-last-good.png", "out.png", "style.png"], folder.Names);
        // The first picture is the only one that was any good.
        Assert.Equal(PictureFile.Load(folder["content.png"]).Rgb, PictureFile.Load(folder["out-last-good.png"]).Rgb);
    }

    [Fact]
    public void A_coarse_size_that_diverges_is_saved_at_the_final_size()
    {
        Transfer("--size", "64", "--scales", "2", "--optimizer", "adam", "--learning-rate", "1e30", "--iterations", "1").Failed("out-last-good.png");
        Assert.Equal((64, 48), PictureFile.ReadSize(folder["out-last-good.png"]));
        Assert.False(File.Exists(folder["out.png"]));
    }

    [Fact]
    public void Weights_that_overflow()
    {
        Transfer("--weights", TestWeights.Overflowing).Failed("loss of the first picture", "--weights", "out-last-good.png");
        Assert.Equal(["content.png", "out-last-good.png", "style.png"], folder.Names);
    }
}
