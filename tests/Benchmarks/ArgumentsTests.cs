using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Benchmarks;

public sealed class ArgumentsTests
{
    [Fact]
    public void Options_are_taken_in_any_order_and_one_word_may_be_left()
    {
        var arguments = new Arguments(["--exact", "--sizes", "64,128", "gram", "--precision", "fp16"]);
        Assert.Equal(Precision.Fp16, arguments.Choice("--precision", Precision.Auto));
        Assert.Equal([64, 128], arguments.Wholes("--sizes", [512]));
        Assert.Equal(3, arguments.Whole("--rounds", 3));
        Assert.True(arguments.Flag("--exact"));
        Assert.False(arguments.Flag("--exact"));
        Assert.Equal("gram", arguments.Filter());
    }

    [Theory]
    [InlineData("--size: its value is missing", "--size")]
    [InlineData("--size x: wants whole numbers from 16 on", "--size", "x")]
    [InlineData("--size 15: wants whole numbers from 16 on", "--size", "15")]
    [InlineData("--precision 1: use auto, fp32, tf32, fp16", "--precision", "1")]
    [InlineData("--sise: not known here", "--sise", "64")]
    [InlineData("a: not known here", "a")]
    public void A_mistake_is_named(string message, params string[] words)
    {
        var arguments = new Arguments(words);
        var mistake = Assert.Throws<ArgumentException>(() =>
        {
            arguments.Whole("--size", 512, least: 16);
            arguments.Choice("--precision", Precision.Auto);
            arguments.End();
        });
        Assert.Equal(message, mistake.Message);
    }
}
