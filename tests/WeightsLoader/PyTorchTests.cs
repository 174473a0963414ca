using System.IO.Compression;
using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>PyTorch files of both kinds, written here: trees, views, what is refused, damaged ones; and the real ones.</summary>
[Trait("Needs", "real files")]
public sealed class PyTorchTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    TensorFile Open(byte[] bytes) => TensorFiles.Open(folder.Add("net.pth", bytes));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_tree_of_tensors_is_read(bool legacy)
    {
        byte[] tree = PickleWriter.Tree(legacy);
        using var file = Open(legacy ? PickleWriter.Legacy(tree) : PickleWriter.Zip(tree));
        Assert.Equal(["a.weight", "a.turned", "bias"], file.Tensors.Select(t => t.Name));
        Assert.Equal([3L, 2], file.Find("a.turned")!.Shape);
        Assert.Equal([1f, 2, 3, 4, 5, 6], file.ReadFloat32("a.weight"));
        Assert.Equal([1f, 4, 2, 5, 3, 6], file.ReadFloat32("a.turned"));
        Assert.Equal([0.5f, 1.5f], file.ReadFloat32("bias"));
    }

    [Fact]
    public void An_archive_with_lengths_of_64_bits_is_read()
    {
        byte[] zip = Zip64.Of(PickleWriter.Zip(PickleWriter.Tree(false)));
        using var file = Open(zip);
        Assert.Equal([1f, 2, 3, 4, 5, 6], file.ReadFloat32("a.weight"));
        Assert.Equal([0.5f, 1.5f], file.ReadFloat32("bias"));
    }

    [Theory]
    [InlineData("os", "system")]
    [InlineData("posix", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("torch", "load")]
    [InlineData("torch.nn.modules.container", "Sequential")]
    [InlineData("torch.storage", "_load_from_bytes")]
    [InlineData("numpy.core.multiarray", "scalar")]
    [InlineData("a\u2028b", "c d")]
    public void A_pickle_runs_nothing(string module, string name)
    {
        byte[] evil = new PickleWriter().Global(module, name).Text("touch /tmp/evil").Op("\u0085R").End();
        string expected = $"asks for '{module.Replace("\u2028", "?", StringComparison.Ordinal)}.{name}', which no tensors need and which is not run";
        Refused(expected, PickleWriter.Zip(evil));
        Refused(expected, PickleWriter.Legacy(evil));
        byte[] stack = new PickleWriter().Text(module).Text(name).Op("\u0093)R").End();
        Refused(expected, PickleWriter.Zip(stack));
        Refused(expected, PickleWriter.Zip(new PickleWriter().Op($"(i{module}\n{name}\n").End()));
    }

    [Fact]
    public void What_calls_nests_or_refers_wrongly_is_refused()
    {
        Refused("it calls what cannot be called", Zip(p => p.Global("torch", "FloatStorage").Op(")R")));
        Refused("it calls what cannot be called", Zip(p => p.Text("os.system").Op(")R")));
        Refused("it sets the state of an object that has none", Zip(p => p.Number(1).Op("}b")));
        Refused("it recalls what it did not say", Zip(p => p.Op("h\u0007")));
        Refused("it takes what is not there", Zip(p => p.Op("0")));
        Refused("it takes what is not there", Zip(p => p.Op("N(0")));
        Refused("it ends what it did not begin", Zip(p => p.Op("t")));
        Refused("is no opcode of weight files (0x82)", Zip(p => p.Op("\u0082\u0001")));
        Refused("nests deeper than 32", Zip(p => p.Op(string.Concat(Enumerable.Repeat("]", 100)) + string.Concat(Enumerable.Repeat("a", 99)))));
        Refused("a storage is not described as PyTorch does", Zip(p => p.Text("x").Op("Q")));
        Refused("a tensor is not described", Zip(p => p.Global("torch._utils", "_rebuild_tensor_v2").Op(")R")));
        Refused("the storage '7' is not described", Zip(p => p.Op("]").Tensor("FloatStorage", "7", 6, 0, [6], [1], false).Op("a")
            .Tensor("FloatStorage", "7", 7, 0, [6], [1], false).Op("a")));
        Refused("storage '7' is not as long as it should be", Zip(p => p.Tensor("DoubleStorage", "7", 6, 0, [6], [1], false)));
        Refused("lacks its entry 'archive/data/9'", Zip(p => p.Tensor("DoubleStorage", "9", 6, 0, [6], [1], false)));
        Refused("of shape [7], which does not fit", Zip(p => p.Tensor("FloatStorage", "7", 6, 0, [7], [1], false)));
        Refused("of shape [6], which does not fit", Zip(p => p.Tensor("FloatStorage", "7", 6, 1, [6], [1], false)));
        Refused("of shape [2147483647, 2147483647, 2147483647]",
            Zip(p => p.Tensor("FloatStorage", "7", 6, 0, [int.MaxValue, int.MaxValue, int.MaxValue], [int.MaxValue, 1, 1], false)));
        using (var shared = Open(Zip(p => p.Op("](").Tensor("FloatStorage", "7", 6, 0, [int.MaxValue, int.MaxValue], [0, 0], false)
            .Tensor("FloatStorage", "7", 6, 0, [2, 2], [1, 1], false).Op("e"))))
        {
            Assert.Equal([false, false], shared.Tensors.Select(t => t.IsReadable));
            Assert.Equal("F32 (elements that share their places)", shared.Find("1")!.Type);
        }
        // Thirty tuples of the one before twice: 2^30 places for one tensor, of which the first pair is taken.
        using var file = Open(Zip(p => p.Tensor("FloatStorage", "7", 6, 0, [6], [1], false).Op(string.Concat(Enumerable.Repeat("2\u0086", 30)))));
        Assert.Equal(2, file.Tensors.Count);

        static byte[] Zip(Func<PickleWriter, PickleWriter> write) => PickleWriter.Zip(write(new PickleWriter()).End());
    }

    [Fact]
    public void Other_archives_and_machines_are_refused()
    {
        byte[] tree = PickleWriter.Tree(false);
        Refused("was written on a big-endian machine", PickleWriter.Zip(tree, others: ("byteorder", "big")));
        Open(PickleWriter.Zip(tree, others: ("byteorder", "little"))).Dispose();
        Refused("is a TorchScript archive", PickleWriter.Zip(tree, others: ("constants.pkl", "x")));
        Refused("compressed, which PyTorch does not do", PickleWriter.Zip([.. tree, .. new byte[1000]], CompressionLevel.Optimal));
        byte[] legacy = PickleWriter.Legacy(PickleWriter.Tree(true));
        int little = legacy.AsSpan().IndexOf("little_endian"u8) + 13;
        legacy[little] = 0x89;
        Refused("was written on a big-endian machine", legacy);
        for (int cut = 16; cut < legacy.Length; cut += 7) Refused("is cut short", [.. legacy[..little], 0x88, .. legacy[(little + 1)..]], cut);
        byte[] zip = PickleWriter.Zip(tree);
        Refused("is cut short", zip, zip.Length - 1);
    }

    [Fact]
    public void The_real_legacy_file_is_read()
    {
        using var file = TensorFiles.Open(SharedFiles.Require("weights/vgg_normalised_conv3_1.pth"));
        Assert.Equal(["0", "2", "5", "9", "12", "16"], file.Tensors.Where(t => t.Name.EndsWith("weight", StringComparison.Ordinal)).Select(t => t.Name.Split('.')[0]));
        Assert.Equal([3L, 3, 1, 1], file.Find("0.weight")!.Shape);
        Assert.Equal([0f, 0, 255, 0, 255, 0, 255, 0, 0], file.ReadFloat32("0.weight"));
        Assert.Equal([256L, 128, 3, 3], file.Find("16.weight")!.Shape);
        Assert.All(file.Tensors, t => Assert.All(file.ReadFloat32(t.Name), value => Assert.True(float.IsFinite(value))));
    }

    [Fact]
    public void The_real_file_that_is_cut_short_gives_one_line()
    {
        string path = SharedFiles.Require("weights/vgg_conv.truncated.pth");
        Problems.Expect(path, "is cut short: it has 2211840 bytes", () => TensorFiles.Open(path));
    }

    [Fact]
    public void A_damaged_file_is_read_or_refused_and_takes_no_memory()
    {
        byte[] tree = PickleWriter.Tree(false), zip = PickleWriter.Zip(tree), legacy = PickleWriter.Legacy(PickleWriter.Tree(true));
        ContainerFuzzing.Run([new(legacy, legacy.Length - 60), new(tree, Finish: (mutant, _) => PickleWriter.Zip(mutant)), new(zip), new(Zip64.Of(zip))], 4500);
    }

    void Refused(string expected, byte[] bytes, int? length = null)
    {
        string path = folder.Add("net.pth", bytes.AsSpan(0, length ?? bytes.Length));
        Problems.Expect(path, expected, () => TensorFiles.Open(path).Dispose());
    }
}
