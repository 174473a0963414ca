using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Optimization;

/// <summary>What the preconditioner is for, with trained weights on real pictures; docs/decisions/preconditioner.md has larger ones.</summary>
public sealed class PreconditionerGainTests
{
    [Theory]
    [InlineData("default")]
    [InlineData("gatys2016")]
    public void Fifty_iterations_with_it_end_lower_than_without(string preset)
    {
        Picture content = PictureFile.Load(SharedFiles.Require("images/tubingen.jpg")), style = PictureFile.Load(SharedFiles.Require("images/starry_night.jpg"));
        var weights = WeightFile.Load(SharedFiles.Require("weights/vgg19-caffe.safetensors"));
        using var device = new SimdDevice();
        double Total(bool preconditioned, int iterations)
        {
            var settings = TransferSettings.Of(Presets.Find(preset));
            settings = settings with { Init = InitKind.Content, Scales = 1, Optimizer = settings.Optimizer with { Iterations = iterations + 1, Preconditioned = preconditioned } };
            var pictures = new TransferPictures(96, 128, Source(content), [Source(style)]);
            return new StyleTransfer(device, weights, settings).Run(pictures).Last!.Losses.Total;
        }
        // Runs that differ in rounding alone end within 0.3 % of each other.
        double plain = Total(false, 50), smooth = Total(true, 50);
        Assert.True(smooth < 0.99 * plain, $"{smooth:g5} with it, {plain:g5} without");
    }

    static PictureSource Source(Picture picture) => new(96, 128, (height, width) => PictureFile.Resize(picture, width, height).Rgb);
}
