using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Torch7 files, written here after the layout of torch's own sources: no program that writes them can be had any more.</summary>
[Trait("Needs", "real files")]
public sealed class Torch7Tests : IDisposable
{
    static readonly float[] Kernel = VggTensorSamples.Pattern("kernel", 2 * 3 * 9), Bias = [1, 2];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A network: convolution, ReLU, a nested network with a convolution whose kernels are a matrix.</summary>
    static byte[] Network() => new Torch7Writer().Object("nn.Sequential").Table(3)
        .Text("train").Boolean(false).Text("_type").Text("torch.FloatTensor").Text("modules").Table(3)
        .Number(1).Convolution("nn.SpatialConvolution", Kernel, [2, 3, 3, 3], Bias, 3, 3)
        .Number(2).Object("nn.ReLU").Table(1).Text("val").Number(0)
        .Number(3).Object("nn.Sequential").Table(1).Text("modules").Table(1).Number(1).Convolution("nn.SpatialConvolutionMM", Kernel, [2, 27], Bias, 3, 3).ToArray();

    /// <summary>A table: other types, a transposed tensor, the same table again, a table in itself, a function.</summary>
    static byte[] Tables() => new Torch7Writer().Table(7)
        .Text("double").Tensor("Double", [1.5, 2.5, 3.5, 4.5], [2, 2], [1, 2])
        .Text("cuda").Tensor("Cuda", Bias, [1], offset: 1)
        .Text("bytes").Tensor<byte>("Byte", [1, 2], [2])
        .Text("self").Again(3, 1)
        .Text("list").Table(2).Number(1).Tensor("Float", Bias, [2]).Number(2).Nil()
        .Text("code").Function(99, "AAA").Nil()
        .Text("end").Number(1).ToArray();

    TensorFile Open(byte[] bytes) => TensorFiles.Open(folder.Add("net.t7", bytes));

    [Fact]
    public void A_network_is_read()
    {
        using var file = Open(Network());
        Assert.Equal(["0.weight", "0.bias", "2.0.weight", "2.0.bias"], file.Tensors.Select(t => t.Name));
        Assert.Equal([2L, 3, 3, 3], file.Find("0.weight")!.Shape);
        Assert.Equal([2L, 3, 3, 3], file.Find("2.0.weight")!.Shape);
        Assert.Equal(Kernel, file.ReadFloat32("0.weight"));
        Assert.Equal(Kernel, file.ReadFloat32("2.0.weight"));
        Assert.Equal(Bias, file.ReadFloat32("2.0.bias"));
    }

    [Fact]
    public void Tables_of_tensors_are_read()
    {
        using var file = Open(Tables());
        Assert.Equal(["double", "cuda", "bytes", "list.0"], file.Tensors.Select(t => t.Name));
        Assert.Equal([1.5f, 3.5f, 2.5f, 4.5f], file.ReadFloat32("double"));
        Assert.Equal([2f], file.ReadFloat32("cuda"));
        Assert.False(file.Find("bytes")!.IsReadable);
        using var tensor = Open(new Torch7Writer().Tensor("Float", Bias, [2]).ToArray());
        Assert.Equal(Bias, tensor.ReadFloat32("tensor"));
    }

    [Fact]
    public void The_real_network_comes_back_bit_for_bit()
    {
        string real = SharedFiles.Require("weights/vgg19-caffe.safetensors");
        using (var sound = SafetensorsFile.Open(real))
        using (var stream = File.Create(folder["vgg.t7"]))
        {
            // One module at a time: a list of bytes cannot hold them all.
            var head = new Torch7Writer().Table(sound.Tensors.Count);
            stream.Write(head.ToArray());
            int objects = 1;
            foreach (var tensor in sound.Tensors)
            {
                var writer = new Torch7Writer(objects).Text(tensor.Name).Tensor("Float", sound.ReadFloat32(tensor.Name), [.. tensor.Shape]);
                objects = writer.Objects;
                stream.Write(writer.ToArray());
            }
        }
        OriginalTools.ExpectSame(real, folder["vgg.t7"]);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Refused("of shape [3], which does not fit", new Torch7Writer().Tensor("Float", Bias, [3]).ToArray());
        Refused("of shape [2], which does not fit", new Torch7Writer().Tensor("Float", Bias, [2], offset: 1).ToArray());
        Refused("of shape [2], which does not fit", new Torch7Writer().Tensor("Float", Bias, [2], offset: -1).ToArray());
        Refused("a tensor of 33 dimensions", new Torch7Writer().Tensor("Float", Bias, new long[33]).ToArray());
        Refused("an object of the class 'tds.Hash'", new Torch7Writer().Object("tds.Hash").Number(1).ToArray());
        Refused("an object of the unknown kind 9", new Torch7Writer().Table(1).Number(1).Int(9).ToArray());
        var deep = new Torch7Writer();
        for (int i = 0; i < 300; i++) deep.Table(1).Number(1);
        Refused("nests deeper than 200 objects", deep.Nil().ToArray());
        byte[] whole = Network();
        for (int cut = 40; cut < whole.Length; cut += 11) Refused("is cut short", whole[..cut]);
        Refused("a Torch7 .t7 in ascii mode", "4\n1\n3\nV 1\n13\nnn.Sequential\n"u8.ToArray());
        Refused("describes more than a file of", [.. new Torch7Writer().Table(10_000).Number(1).ToArray(), .. new byte[80_000]]);
    }

    [Fact]
    public void A_damaged_file_is_read_or_refused_and_takes_no_memory() => ContainerFuzzing.Run([new(Network()), new(Tables())], 3000);

    void Refused(string expected, byte[] bytes)
    {
        string path = folder.Add("net.t7", bytes);
        Problems.Expect(path, expected, () => TensorFiles.Open(path).Dispose());
    }
}
