using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;
using static GpuStyle.Tests.WeightsLoader.VggTensorSamples;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Caffemodels of both kinds: written here, real ones of other networks, damaged ones.</summary>
[Trait("Needs", "real files")]
public sealed class CaffemodelTests : IDisposable
{
    static readonly float[] Kernel = Pattern("kernel", 24), Bias = [1, 2];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static ProtobufMessage Blob(params long[] shape) => new ProtobufMessage().Message(7, new ProtobufMessage().PackedNumbers(1, shape));

    static ProtobufMessage LegacyBlob(params long[] shape) =>
        new ProtobufMessage().Number(1, shape[0]).Number(2, shape[1]).Number(3, shape[2]).Number(4, shape[3]);

    static ProtobufMessage Layer(string name, params ProtobufMessage[] blobs)
    {
        var layer = new ProtobufMessage().Text(1, name).Text(2, "Convolution").Text(3, "data");
        foreach (var blob in blobs) layer.Message(7, blob);
        return layer;
    }

    static ProtobufMessage LayerV1(string name, params ProtobufMessage[] blobs)
    {
        var layer = new ProtobufMessage().Text(2, "data").Text(3, name).Text(4, name).Number(5, 4);
        foreach (var blob in blobs) layer.Message(6, blob);
        return layer;
    }

    static byte[] New() => new ProtobufMessage().Text(1, "net").Message(100, Layer("data"))
        .Message(100, Layer("conv", Blob(2, 4, 1, 3).Packed(5, Kernel), Blob(2).Packed(5, Bias), Blob(1).Packed(5, 3f))).ToArray();

    static byte[] V1() => new ProtobufMessage().Text(1, "net").Message(2, LayerV1("data"))
        .Message(2, LayerV1("conv", LegacyBlob(2, 4, 1, 3).Packed(5, Kernel).Packed(6, Kernel), LegacyBlob(1, 1, 1, 2).Packed(5, Bias))).ToArray();

    /// <summary>Values one by one, doubles, shapes of unpacked numbers, fields in another order, several runs.</summary>
    static byte[] Odd() => new ProtobufMessage().Text(1, "net").Message(100,
        new ProtobufMessage()
            .Message(7, new ProtobufMessage().Single(5, Kernel).Message(7, new ProtobufMessage().Number(1, 2).Number(1, 12)))
            .Message(7, Blob(2).Packed(8, 1.5, 2.5)).Message(7, Blob(2).Single(8, 1.5, 2.5)).Message(7, Blob(4).Packed(5, Bias).Packed(5, Bias)).Message(7, Blob(0))
            .Text(1, "conv")).ToArray();

    TensorFile Open(byte[] bytes) => TensorFiles.Open(folder.Add("net.caffemodel", bytes));

    [Fact]
    public void Both_kinds_are_read()
    {
        using (var file = Open(New()))
        {
            Assert.Equal(["conv.weight", "conv.bias", "conv.2"], file.Tensors.Select(t => t.Name));
            Assert.Equal([2L, 4, 1, 3], file.Find("conv.weight")!.Shape);
            Assert.Equal(Kernel, file.ReadFloat32("conv.weight"));
            Assert.Equal([3f], file.ReadFloat32("conv.2"));
            Assert.Equal("net", file.Metadata["name"]);
        }
        using (var file = Open(V1()))
        {
            Assert.Equal(["conv.weight", "conv.bias"], file.Tensors.Select(t => t.Name));
            Assert.Equal([1L, 1, 1, 2], file.Find("conv.bias")!.Shape);
            Assert.Equal(Kernel, file.ReadFloat32("conv.weight"));
            Assert.Equal(Bias, file.ReadFloat32("conv.bias"));
        }
    }

    [Fact]
    public void Values_may_be_packed_or_not_and_doubles()
    {
        using var file = Open(Odd());
        Assert.Equal([2L, 12], file.Find("conv.weight")!.Shape);
        Assert.Equal(Kernel, file.ReadFloat32("conv.weight"));
        Assert.Equal([1.5f, 2.5f], file.ReadFloat32("conv.bias"));
        Assert.Equal([1.5f, 2.5f], file.ReadFloat32("conv.2"));
        Assert.Equal([1f, 2f, 1f, 2f], file.ReadFloat32("conv.3"));
        Assert.Empty(file.ReadFloat32("conv.4"));
    }

    [Theory]
    [InlineData("samples/cifar10_quick_iter_5000_v1.caffemodel", 10, "conv1.weight", "32,3,5,5")]
    [InlineData("samples/mtcnn_det1.caffemodel", 13, "conv1.weight", "10,3,3,3")]
    [InlineData("samples/mtcnn_det3.caffemodel", 21, "conv1.weight", "32,3,3,3")]
    public void Real_files_of_other_networks_are_read(string path, int count, string name, string shape)
    {
        path = SharedFiles.Require(path);
        using var file = TensorFiles.Open(path);
        Assert.Equal(count, file.Tensors.Count);
        Assert.Equal(shape, string.Join(',', file.Find(name)!.Shape));
        foreach (var tensor in file.Tensors) Assert.All(file.ReadFloat32(tensor.Name), value => Assert.InRange(value, -100, 100));
    }

    [Fact]
    public void What_does_not_fit_is_refused_in_one_line()
    {
        Refused("shape [3, 3], which does not fit its values", new ProtobufMessage().Text(1, "net").Message(100, Layer("conv", Blob(3, 3).Packed(5, Kernel))).ToArray());
        Refused("shape [-1], which does not fit", new ProtobufMessage().Text(1, "net").Message(100, Layer("conv", Blob(-1).Packed(5, Kernel))).ToArray());
        Refused("shape [4294967296, 4294967296]", new ProtobufMessage().Text(1, "net").Message(100, Layer("conv", Blob(1L << 32, 1L << 32).Packed(5, Kernel))).ToArray());
        Refused("has the tensor 'conv.weight' twice", [.. New(), .. New()]);
        Refused("is cut short", New()[..^5]);
        Refused("is cut short", V1()[..^100]);
        Refused("describes more than a file of",
            new ProtobufMessage().Text(1, "net").Message(100, Layer("conv", [.. Enumerable.Repeat(new ProtobufMessage(), 5000)])).ToArray());
    }

    [Fact]
    public void A_damaged_file_is_read_or_refused_and_takes_no_memory() => ContainerFuzzing.Run([new(New()), new(V1()), new(Odd())], 3000);

    void Refused(string expected, byte[] bytes)
    {
        string path = folder.Add("net.caffemodel", bytes);
        Problems.Expect(path, expected, () => TensorFiles.Open(path).Dispose());
    }
}
