using System.Runtime.InteropServices;
using System.Text;
using GpuStyle.WeightsLoader;
using static GpuStyle.Tests.WeightsLoader.NpySamples;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Dictionaries of arrays, which NumPy pickles into a .npy file.</summary>
public sealed class NumpyPickleTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Arrays_go_by_their_keys()
    {
        using var file = Open(Dictionary());
        Assert.Equal(["conv1_1.0", "conv1_1.1", "inner.half", "inner.turned"], file.Tensors.Select(t => t.Name));
        Assert.Equal([2L, 3], file.Tensors[0].Shape);
        Assert.Equal([1f, 2, 3, 4, 5, 6], file.ReadFloat32("conv1_1.0"));
        Assert.Equal([1f, -2.5f], file.ReadFloat32("conv1_1.1"));
        Assert.Equal([1.5f], file.ReadFloat32("inner.half"));
        Assert.Equal([1f, 3, 5, 2, 4, 6], file.ReadFloat32("inner.turned"));
    }

    [Fact]
    public void An_array_of_arrays_counts_them()
    {
        byte[] one = Floats(1);
        byte[] both = [.. Reconstruct, .. State([2], Type("O8", "|"), false, [.. "]("u8, .. Array(one, 1), .. Array(one, 1), (byte)'e'])];
        using var file = Open(Npy(Header("|O", "(2,)"), [0x80, 2, .. both, (byte)'.']));
        Assert.Equal(["0", "1"], file.Tensors.Select(t => t.Name));
    }

    [Fact]
    public void Nothing_is_run()
    {
        byte[] command = [.. "cposix\nsystem\n(X\u0004\0\0\0true"u8, .. "tR"u8];
        Refused("asks for 'posix.system'", Object(command));
        Refused("asks for 'numpy.core.multiarray.fromfile'", Object([.. "cnumpy.core.multiarray\nfromfile\n)R"u8]));
        Refused("asks for 'numpy.load'", Object([.. "cnumpy\nload\n)R"u8]));
        Refused("damaged pickle", Object([.. "cnumpy.core.multiarray\n_reconstruct\n(NtR"u8]));
    }

    [Fact]
    public void Arrays_that_do_not_fit_their_bytes_are_refused()
    {
        Refused("does not fit its values", Object(Array(Floats(1, 2, 3), 2, 2)));
        Refused("does not fit its values", Object(Array(Floats(1), 1 << 30, 1 << 30, 1 << 30)));
        byte[] whole = Dictionary();
        for (int length = 200; length < whole.Length; length += 7) Refused("is cut short", whole[..length]);
    }

    [Fact]
    public void Damaged_files_are_read_or_refused() => ContainerFuzzing.Run([new(Dictionary())], 2000);

    static byte[] Reconstruct => [.. "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\0tU\u0001btR"u8];

    static byte[] Floats(params float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();

    /// <summary>numpy.dtype(kind, False, True) and its byte order.</summary>
    static byte[] Type(string kind, string order) => [.. Encoding.ASCII.GetBytes($"cnumpy\ndtype\n(U{(char)kind.Length}{kind}I00\nI01\ntR(K\u0003U\u0001{order}NNNJ"), 255, 255, 255, 255, .. "J"u8, 255, 255, 255, 255, .. "K\0tb"u8];

    static byte[] State(int[] shape, byte[] type, bool columnsFirst, byte[] elements) =>
        [.. "(K\u0001("u8, .. shape.SelectMany(size => (byte[])[(byte)'J', .. BitConverter.GetBytes(size)]), (byte)'t', .. type, .. columnsFirst ? "I01\n"u8 : "I00\n"u8, .. elements, .. "tb"u8];

    static byte[] Array(byte[] elements, params int[] shape) => Array("f4", "<", false, elements, shape);

    static byte[] Array(string kind, string order, bool columnsFirst, byte[] elements, params int[] shape) =>
        [.. Reconstruct, .. State(shape, Type(kind, order), columnsFirst, [(byte)'T', .. BitConverter.GetBytes(elements.Length), .. elements])];

    static byte[] Dictionary()
    {
        byte[] values = Floats(1, 2, 3, 4, 5, 6);
        return Object([
            .. "}(U\u0007conv1_1]("u8, .. Array(values, 2, 3), .. Array("f8", ">", false, [0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0xC0, 4, 0, 0, 0, 0, 0, 0], 2), .. "eX\u0005\0\0\0inner}("u8,
            .. "U\u0004half"u8, .. Array("f2", "<", false, [0, 0x3E], 1), .. "U\u0006turned"u8, .. Array("f4", "<", true, values, 2, 3), .. "uu"u8,
        ]);
    }

    /// <summary>The file that numpy.save makes of an object: an array of it, without dimensions.</summary>
    static byte[] Object(byte[] value) =>
        Npy(Header("|O", "()"), [0x80, 2, .. Reconstruct, .. State([], Type("O8", "|"), false, [(byte)']', .. value, (byte)'a']), (byte)'.']);

    void Refused(string expected, byte[] bytes)
    {
        string path = folder.Add("a", bytes);
        Problems.Expect(path, expected, () => TensorFiles.Open(path));
    }

    TensorFile Open(byte[] bytes) => TensorFiles.Open(folder.Add("a", bytes));
}
