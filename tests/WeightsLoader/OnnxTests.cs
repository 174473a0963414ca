using System.Runtime.InteropServices;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>ONNX models: every place where values may lie, what is refused, damaged ones.</summary>
public sealed class OnnxTests : IDisposable
{
    static readonly float[] Values = [1, 2, 3, 4, 5, 6];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static ProtobufMessage Tensor(string name, int type, params long[] shape)
    {
        var tensor = new ProtobufMessage();
        foreach (long size in shape) tensor.Number(1, size);
        return tensor.Number(2, type).Text(8, name);
    }

    static ProtobufMessage External(string name, params (string Key, string Value)[] entries)
    {
        var tensor = Tensor(name, 1, 2, 3);
        foreach (var (key, value) in entries) tensor.Message(13, new ProtobufMessage().Text(1, key).Text(2, value));
        return tensor.Number(14, 1);
    }

    static byte[] Model(params ProtobufMessage[] tensors)
    {
        var graph = new ProtobufMessage().Text(2, "vgg");
        foreach (var tensor in tensors) graph.Message(5, tensor);
        return new ProtobufMessage().Number(1, 7).Text(2, "test").Message(7, graph).Message(8, new ProtobufMessage().Number(2, 13)).ToArray();
    }

    static byte[] Inside() => Model(
        Tensor("raw", 1, 2, 3).Bytes(9, MemoryMarshal.AsBytes<float>(Values)),
        Tensor("floats", 1, 2, 3).Packed(4, Values),
        Tensor("single", 1, 6).Single(4, Values),
        Tensor("doubles", 11, 2).Packed(10, 1.5, 2.5),
        Tensor("halves", 10, 2).PackedNumbers(5, 0x3C00, 0xC000),
        Tensor("brain", 16, 2).Number(5, 0x3F80).Number(5, 0x4000),
        Tensor("raw half", 10, 2).Bytes(9, [0, 0x3C, 0, 0xC0]),
        Tensor("shape", 7, 2).PackedNumbers(7, 1, 2),
        Tensor("text", 8, 1).Text(6, "x"));

    static byte[] Outside() => Model(External("a", ("location", "net.data"), ("offset", "4"), ("length", "24")), External("b", ("location", "net.data")));

    [Fact]
    public void Values_lie_in_many_places()
    {
        using var file = TensorFiles.Open(folder.Add("net.onnx", Inside()));
        Assert.Equal(["raw", "floats", "single", "doubles", "halves", "brain", "raw half", "shape", "text"], file.Tensors.Select(t => t.Name));
        Assert.Equal([2L, 3], file.Find("raw")!.Shape);
        foreach (string name in new[] { "raw", "floats", "single" }) Assert.Equal(Values, file.ReadFloat32(name));
        Assert.Equal([1.5f, 2.5f], file.ReadFloat32("doubles"));
        Assert.Equal([1f, -2f], file.ReadFloat32("halves"));
        Assert.Equal([1f, 2f], file.ReadFloat32("brain"));
        Assert.Equal([1f, -2f], file.ReadFloat32("raw half"));
        Assert.Equal(("I64", false), (file.Find("shape")!.Type, file.Find("shape")!.IsReadable));
    }

    [Fact]
    public void Values_lie_beside_the_model_and_nowhere_else()
    {
        string path = folder.Add("net.onnx", Outside());
        folder.Add("net.data", MemoryMarshal.AsBytes<float>((float[])[.. Values, 7]));
        using (var file = TensorFiles.Open(path))
        {
            Assert.Equal([2f, 3, 4, 5, 6, 7], file.ReadFloat32("a"));
            Assert.Equal(Values, file.ReadFloat32("b"));
        }
        folder.Add("net.data", new byte[27]);
        Problems.Expect(path, "keeps values in 'net.data', which is cut short", () => TensorFiles.Open(path));
        File.Delete(folder["net.data"]);
        Problems.Expect(path, "keeps values in 'net.data', which is not there", () => TensorFiles.Open(path));
        foreach (string location in new[] { "/etc/passwd", "../net.data", "a/../../net.data", "..", "" })
            Refused("which is not beside it", Model(External("a", ("location", location))));
        Refused("does not say in which file", Model(External("a")));
        folder.Add("net.data", new byte[100]);
        Refused("whose offset is no number", Model(External("a", ("location", "net.data"), ("offset", "-4"))));
        Refused("of shape [2, 3], which does not fit", Model(External("a", ("location", "net.data"), ("length", "25"))));
        Refused("which is cut short", Model(External("a", ("location", "net.data"), ("offset", "9223372036854775807"))));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Refused("of shape [2, 3], which does not fit", Model(Tensor("x", 1, 2, 3).Bytes(9, new byte[23])));
        Refused("of shape [2, 3], which does not fit", Model(Tensor("x", 1, 2, 3)));
        Refused("of shape [7], which does not fit", Model(Tensor("x", 10, 7).PackedNumbers(5, 1, 2)));
        Refused("which does not fit", Model(Tensor("x", 1, 1L << 62, 4).Bytes(9, [])));
        Refused("has the tensor 'x' twice", Model(Tensor("x", 7, 1), Tensor("x", 7, 1)));
        Refused("has no graph", new ProtobufMessage().Number(1, 7).Text(2, "test").ToArray());
        Refused("is cut short", Inside()[..^60]);
        Refused("describes more than a file of", Model([.. Enumerable.Range(0, 5000).Select(i => Tensor($"{i}", 7, 0))]));
    }

    [Fact]
    public void A_damaged_file_is_read_or_refused_and_takes_no_memory()
    {
        using var fuzzing = new ContainerFuzzing();
        fuzzing.Folder.Add("net.data", new byte[40]);
        fuzzing.Damage([new(Inside()), new(Outside())], 2500, "net.onnx");
        fuzzing.Folder.Add("net.onnx", Outside());
        fuzzing.Damage([new(new byte[40])], 200, "net.data", "net.onnx");
    }

    void Refused(string expected, byte[] bytes)
    {
        string path = folder.Add("net.onnx", bytes);
        Problems.Expect(path, expected, () => TensorFiles.Open(path).Dispose());
    }
}
