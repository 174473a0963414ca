using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Optimization;

/// <summary>What the lag is for, with trained weights on real pictures; docs/decisions/lag.md has larger ones.</summary>
public sealed class LagGainTests
{
    const int Iterations = 31;

    /// <summary>
    /// Runs of so few pixels part for rounding alone, these by less than 1 % in their lowest total, others by some per cent; the loss may well be lower. The last total is no
    /// measure: without a line search it rises now and then.
    /// </summary>
    [Theory]
    [InlineData("default")]
    [InlineData("gatys2016")]
    public void Convolutions_are_saved_and_the_loss_is_as_low(string preset)
    {
        var weights = WeightFile.Load(SharedFiles.Require("weights/vgg19-caffe.safetensors"));
        Picture content = PictureFile.Load(SharedFiles.Require("images/chelsea.png")), style = PictureFile.Load(SharedFiles.Require("images/kandinsky.jpg"));
        (double Lowest, double Deep, int Convolutions) Run(int lag)
        {
            using CountingDevice device = new(new SimdDevice());
            var settings = TransferSettings.Of(Presets.Find(preset));
            settings = settings with { Init = InitKind.Content, Scales = 1, Optimizer = settings.Optimizer with { Iterations = Iterations, Lag = lag } };
            double lowest = double.PositiveInfinity;
            using var result = new StyleTransfer(device, weights, settings).Run(new(96, 128, Source(content), [Source(style)]), iterate => lowest = Math.Min(lowest, iterate.Losses.Total));
            return (lowest, result.Last!.Losses.StyleLayers[^1], device.Forwards);
        }
        var (plain, lagging) = (Run(1), Run(10));
        TestContext.Current.TestOutputHelper?.WriteLine($"{plain.Lowest:g6}, {plain.Deep:g4} of relu5_1, in {plain.Convolutions} convolutions forward; {lagging.Lowest:g6}, {lagging.Deep:g4} in {lagging.Convolutions}");
        Assert.InRange(lagging.Lowest / plain.Lowest, 0, 1.01);
        Assert.InRange(lagging.Deep / plain.Deep, 0, 1.2);
        // Three of thirteen in nine of ten evaluations, if no total rises.
        Assert.InRange(plain.Convolutions - lagging.Convolutions, 3 * Iterations * 2 / 3, 3 * Iterations);
    }

    static PictureSource Source(Picture picture) => new(96, 128, (height, width) => PictureFile.Resize(picture, width, height).Rgb);
}
