using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Optimization;

/// <summary>What the preconditioner is for, with trained weights on real pictures; docs/decisions/preconditioner.md has larger ones.</summary>
[Trait("Needs", "real files")]
[Trait("Takes", "long")]
public sealed class PreconditionerGainTests
{
    /// <summary>Runs of so few pixels differ by some per cent with their first steps: the mean of four counts.</summary>
    [Fact]
    public void Fifty_iterations_with_it_end_lower_than_without()
    {
        var weights = WeightFile.Load(SharedFiles.Require("weights/vgg19-caffe.safetensors"));
        using var device = new SimdDevice(1);
        double product = 1;
        foreach (string preset in (string[])["gram", "gatys2016"])
            foreach (var (photograph, painting) in ((string, string)[])[("tubingen.jpg", "starry_night.jpg"), ("astronaut.png", "wave_kanagawa.jpg")])
            {
                Picture content = PictureFile.Load(SharedFiles.Require($"images/{photograph}")), style = PictureFile.Load(SharedFiles.Require($"images/{painting}"));
                double Total(bool preconditioned)
                {
                    var settings = TransferSettings.Of(Presets.Find(preset));
                    settings = settings with { Init = InitKind.Content, Scales = 1, Optimizer = settings.Optimizer with { Iterations = 51, Preconditioned = preconditioned } };
                    double last = double.NaN;
                    // Of the picture after fifty, before it is clamped at the end.
                    new StyleTransfer(device, weights, settings).Run(new(96, 128, Source(content), [Source(style)]), iterate => last = iterate.Closing ? last : iterate.Losses.Total).Dispose();
                    return last;
                }
                double plain = Total(false), smooth = Total(true);
                TestContext.Current.TestOutputHelper?.WriteLine($"{preset}, {photograph}: {smooth:g5} with it, {plain:g5} without");
                product *= smooth / plain;
            }
        Assert.True(Math.Pow(product, 0.25) < 1, $"{Math.Pow(product, 0.25):g4} of the loss without it");
    }

    static PictureSource Source(Picture picture) => new(96, 128, (height, width) => PictureFile.Resize(picture, width, height).Rgb);
}
