using System.Security.Cryptography;
using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>What inspection says about files that are read and files that are not, and the table of known files.</summary>
[Trait("Needs", "real files")]
public sealed class InspectionTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_real_network_is_described()
    {
        var found = WeightFile.Inspect(SharedFiles.Require("weights/vgg19-caffe.safetensors"));
        Assert.Equal("1a2fc10135e1b9d81ce58722c99a145befda987da8dcc3a6becc9cb7f5de7a84", found.Sha256);
        Assert.Equal((80_100_640, "safetensors", "canonical", 32), (found.Bytes, found.Container, found.Names, found.Tensors.Count));
        Assert.Null(found.Problem);
        Assert.Null(found.Known);
        Assert.Empty(found.MissingForConv5_4);
        Assert.Same(InputDescription.Caffe, found.Input);
        Assert.All(found.Tensors, t => Assert.True(t.Statistics is { NonFinite: 0, Deviation: > 0 }));
    }

    [Fact]
    public void A_file_that_stops_early_says_what_is_missing()
    {
        float[] kernel = new float[1728];
        kernel[0] = -2;
        kernel[1] = 4;
        kernel[2] = float.NaN;
        SafetensorsFile.Write(folder["short"], [new("conv1_1.weight", [64, 3, 3, 3], kernel), new("conv1_1.bias", [64], new float[64]), new("e", [0], Array.Empty<float>())]);
        var found = WeightFile.Inspect(folder["short"]);
        Assert.Equal(24, found.MissingForConv5_1.Count);
        Assert.Equal(30, found.MissingForConv5_4.Count);
        Assert.Equal("conv1_2.weight", found.MissingForConv5_4[0]);
        var statistics = found.Tensors[0].Statistics!;
        Assert.Equal((-2f, 4f, 1L), (statistics.Minimum, statistics.Maximum, statistics.NonFinite));
        Assert.Equal(2 / 1727.0, statistics.Mean, 1e-12);
        Assert.Equal(Math.Sqrt((20 / 1727.0) - Math.Pow(2 / 1727.0, 2)), statistics.Deviation, 1e-12);
        Assert.Contains("not finite in tensor 'conv1_1.weight'", found.Problem, StringComparison.Ordinal);
        Assert.Null(found.Tensors.Single(t => t.Name == "e").Statistics);
    }

    [Fact]
    public void Other_containers_are_described_as_far_as_it_goes()
    {
        var found = WeightFile.Inspect(folder.Add("x.pth", "PK\u0003\u0004...."u8));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("PK\u0003\u0004...."u8)), found.Sha256);
        Assert.StartsWith("a zip archive", found.Container, StringComparison.Ordinal);
        Assert.Empty(found.Tensors);
        Assert.Equal(32, found.MissingForConv5_4.Count);
        Assert.Contains("is cut short", found.Problem, StringComparison.Ordinal);
        Problems.Expect(folder["none"], "does not exist", () => WeightFile.Inspect(folder["none"]));
    }

    [Fact]
    public void Files_from_elsewhere_are_recognised()
    {
        foreach (var (file, kind) in new[]
        {
            ("weights/vgg_normalised_conv3_1.pth", "PyTorch"), ("weights/vgg_conv.truncated.pth", "old kind"),
            ("samples/cifar10_quick_iter_5000_v1.caffemodel", "caffemodel"),
        })
            Assert.Contains(kind, WeightFile.Inspect(SharedFiles.Require(file)).Container, StringComparison.Ordinal);
    }

    [Fact]
    public void Golden_values_are_read_whole()
    {
        string[] files = Directory.GetFiles(SharedFiles.Require("golden"), "*.safetensors");
        Assert.SkipWhen(files.Length == 0, "needs safetensors files in ../shared/golden, which has none");
        foreach (string path in files)
        {
            var found = WeightFile.Inspect(path);
            Assert.NotEmpty(found.Tensors);
            Assert.All(found.Tensors, t => Assert.True(t.Type is not ("F32" or "F64") || t.Statistics is { NonFinite: 0 }, $"{path} {t.Name}"));
            Assert.Null(found.Names);
            Assert.Contains("is not VGG-19: it has", found.Problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_table_of_known_files_is_sound()
    {
        Assert.True(KnownWeights.Default.IsReadable);
        Assert.Same(KnownWeights.Default, KnownWeights.All[0]);
        Assert.Equal(KnownWeights.All.Count, KnownWeights.All.Select(k => k.Name.ToUpperInvariant()).Distinct().Count());
        Assert.Equal(KnownWeights.All.Count, KnownWeights.All.Select(k => k.FileName.ToUpperInvariant()).Distinct().Count());
        foreach (var known in KnownWeights.All)
        {
            Assert.All(known.Addresses, address => Assert.Equal("https", address.Scheme));
            if (known.Hash is { } hash) Assert.Matches("^[0-9a-f]{8,64}$", hash.Hex);
            Assert.True(known.IsReadable);
            Assert.Same(known, KnownWeights.Find(known.Name));
            Assert.Same(known, KnownWeights.Find(known.FileName));
        }
        Assert.Equal(["vgg19-gatys", "vgg19-gatys-pth"], KnownWeights.All.Where(k => !k.IsDownloadable).Select(k => k.Name));
        Assert.Null(KnownWeights.Find("vgg99"));
    }
}
