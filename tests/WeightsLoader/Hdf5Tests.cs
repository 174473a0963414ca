using System.Runtime.InteropServices;
using System.Text;
using GpuStyle.WeightsLoader;
using static GpuStyle.Tests.WeightsLoader.Hdf5Samples;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>HDF5 files: groups old and new, arrays in every layout, and MATLAB 7.3.</summary>
public sealed class Hdf5Tests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(false, 2048)]
    [InlineData(true, 512)]
    public void Arrays_go_by_their_paths(bool modern, int userBlock)
    {
        var make = new Hdf5Samples(modern, new byte[userBlock]);
        long kernel = make.Contiguous(Float32, [2, 3], Bytes(1, 2, 3, 4, 5, -6.5f)), bias = make.Compact(Float64, [2], MemoryMarshal.AsBytes<double>([1.5, -2]).ToArray());
        long big = make.Contiguous(Float(4, 23, 8, 23, bigEndian: true), [1], [0x3F, 0x80, 0, 0]), none = make.Contiguous(Float16, [0, 5], []);
        using var file = Open(make.File(make.Group(("block1_conv1", make.Group(("kernel:0", kernel), ("bias:0", bias))), ("big", big), ("none", none), ("again", kernel))));
        Assert.Equal(["block1_conv1/kernel:0", "block1_conv1/bias:0", "big", "none", "again"], file.Tensors.Select(t => t.Name));
        Assert.Equal(["F32", "F64", "F32", "F16", "F32"], file.Tensors.Select(t => t.Type));
        Assert.Equal([2L, 3], file.Tensors[0].Shape);
        Assert.Equal([1, 2, 3, 4, 5, -6.5f], file.ReadFloat32("block1_conv1/kernel:0"));
        Assert.Equal([1.5f, -2], file.ReadFloat32("block1_conv1/bias:0"));
        Assert.Equal([1f], file.ReadFloat32("big"));
        Assert.Empty(file.ReadFloat32("none"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Large_groups_of_the_new_form_keep_their_links_in_a_heap(bool modern)
    {
        var make = new Hdf5Samples(modern);
        long array = make.Compact(Float32, [2], Bytes(1, 2));
        using var file = Open(make.File(make.DenseGroup([.. Enumerable.Range(0, 20).Select(i => ($"x{i}", array))])));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"x{i}"), file.Tensors.Select(t => t.Name));
        Assert.Equal([1f, 2], file.ReadFloat32("x19"));
    }

    [Theory]
    [InlineData]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(2, 1)]
    [InlineData(2, 1, 3)]
    [InlineData(3)]
    public void Chunks_are_put_together(params int[] filters)
    {
        // Three rows of five in chunks of two by three: those at the ends reach beyond.
        float[][] chunks = [[0, 1, 2, 5, 6, 7], [3, 4, -1, 8, 9, -1], [10, 11, 12, -1, -1, -1], [13, 14, -1, -1, -1, -1]];
        long[][] offsets = [[0, 0], [0, 3], [2, 0], [2, 3]];
        var make = new Hdf5Samples();
        long array = make.Chunked(Float32, [3, 5], [2, 3], filters, [.. offsets.Zip(chunks, (offset, values) => (offset, Pack(values)))]);
        using var file = Open(make.File(make.Group(("x", array))));
        Assert.Equal(Enumerable.Range(0, 15).Select(i => (float)i), file.ReadFloat32("x"));

        byte[] Pack(float[] values)
        {
            byte[] bytes = Bytes(values);
            foreach (int filter in filters) bytes = filter switch { 1 => Deflated(bytes), 2 => Shuffled(bytes, 4), _ => [.. bytes, 0, 0, 0, 0] };
            return bytes;
        }
    }

    [Fact]
    public void What_is_not_there_or_not_read_is_described()
    {
        var make = new Hdf5Samples();
        using var file = Open(make.File(make.Group(
            ("empty", make.Dataset(Float32, [3], [3, 1, .. Long(-1), .. Long(0)])),
            ("sparse", make.Chunked(Float32, [4], [2], [], ([0], Bytes(1, 2)))),
            ("szip", make.Chunked(Float32, [2], [2], [4], ([0], Bytes(1, 2)))),
            ("refs", make.Contiguous(Reference, [1], Long(0))),
            ("text", make.Contiguous([0x13, 0, 0, 0, .. Int(4)], [1], Bytes(1))))));
        Assert.All(file.Tensors, t => Assert.False(t.IsReadable, t.Name));
        Problems.Expect(folder["a.h5"], "never written, or packed in a way that is not read", () => file.ReadFloat32("sparse"));
    }

    [Fact]
    public void A_network_of_MATLAB_7_3_is_read()
    {
        float[] kernel = VggTensorSamples.Pattern("k", 27 * 4);
        using var file = Open(Matlab(kernel));
        Assert.Equal(["layers[0].weights[0]", "layers[0].weights[1]", "s[0].x", "s[1].x"], file.Tensors.Select(t => t.Name).Order());
        Assert.Equal([3L, 3, 3, 4], file.Find("layers[0].weights[0]")!.Shape);
        Assert.Equal([1L, 4], file.Find("layers[0].weights[1]")!.Shape);
        float[] rows = file.ReadFloat32("layers[0].weights[0]");
        for (int at = 0; at < rows.Length; at++)
        {
            int output = at % 4, input = at / 4 % 3, x = at / 12 % 3, y = at / 36;
            Assert.Equal(kernel[y + (3 * (x + (3 * (input + (3 * output)))))], rows[at]);
        }
        Assert.Equal("conv1_1", file.Metadata["layers[0].name"]);
    }

    static byte[] Matlab(float[] kernel)
    {
        var make = new Hdf5Samples(false, Encoding.ASCII.GetBytes("MATLAB 7.3 MAT-file, Platform: GLNXA64".PadRight(512)));
        long weights = make.Contiguous(Float32, [kernel.Length / 27, 3, 3, 3], Bytes(kernel), ("MATLAB_class", "single"));
        long biases = make.Contiguous(Float32, [kernel.Length / 27, 1], Bytes(kernel[..(kernel.Length / 27)]), ("MATLAB_class", "single"));
        long cell = make.Contiguous(Reference, [2, 1], [.. Long(weights), .. Long(biases)], ("MATLAB_class", "cell"));
        long name = make.Contiguous(Unsigned16, [7, 1], Encoding.Unicode.GetBytes("conv1_1"), ("MATLAB_class", "char"));
        long layer = make.Group([("MATLAB_class", "struct")], ("name", name), ("weights", cell));
        long layers = make.Contiguous(Reference, [1, 1], Long(layer), ("MATLAB_class", "cell"));
        long structs = make.Group([("MATLAB_class", "struct")], ("x", make.Contiguous(Reference, [2, 1], [.. Long(biases), .. Long(biases)])));
        return make.File(make.Group(("#refs#", make.Group(("a", weights), ("b", biases))), ("layers", layers), ("s", structs)));
    }

    [Fact]
    public void A_cut_file_is_told()
    {
        var make = new Hdf5Samples();
        byte[] whole = make.File(make.Group(("x", make.Contiguous(Float32, [2], Bytes(1, 2)))));
        for (int length = 8; length < whole.Length; length++) Refused("is cut short", whole[..length]);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Refused("is cut short: it is an HDF5 file that ends before array 'x'", make => make.Contiguous(Float32, [1_000_000], Bytes(1, 2)) is var _ ? make.Dataset(Float32, [1_000_000], [3, 1, .. Long(96), .. Long(8)]) : 0);
        Refused("malformed size of 'x'", make => make.Contiguous(Float32, [1L << 40, 1L << 40], Bytes(1, 2)));
        Refused("malformed layout of 'x'", make => make.Compact(Float32, [3], Bytes(1, 2)));
        Refused("malformed chunk", make => make.Chunked(Float32, [2], [2], [], ([0], Bytes(1))));
        Refused("malformed index of chunks", make => make.Chunked(Float32, [4], [2], [], ([0], Bytes(1, 2)), ([0], Bytes(1, 2))));
        Refused("malformed index of chunks", make => make.Chunked(Float32, [4], [2], [], ([0], Bytes(1, 2)), ([3], Bytes(1, 2))));
        Refused("malformed layout", make => make.Chunked(Float32, [2], [0], [], ([0], Bytes(1, 2))));
        Refused("no compression does", make => make.Chunked(Float32, [1 << 20], [1 << 20], [1], ([0], Deflated(Bytes(1, 2)))));
        Refused("end too early", make => make.Chunked(Float32, [1000], [1000], [1], ([0], Deflated(Bytes(1, 2)))));
        Refused("malformed group", make => make.Header((0x02, [0, 0, .. Long(96), .. Long(96)])));
        Refused("malformed object header", make => make.Add(7, 7, 7, 7));
        Refused("malformed address", make => 1 << 20);
        Refused("nested too deep", make =>
        {
            long deep = make.Group(("x", make.Compact(Float32, [1], Bytes(1))));
            for (int i = 0; i < 40; i++) deep = make.Group(("g", deep));
            return deep;
        });

        void Refused(string expected, Func<Hdf5Samples, long> array)
        {
            var make = new Hdf5Samples();
            this.Refused(expected, make.File(make.Group(("x", array(make)))));
        }
    }

    [Fact]
    public void Circles_end()
    {
        var make = new Hdf5Samples(modern: true);
        long array = make.Compact(Float32, [1], Bytes(5));
        // The group's own header comes where the next structure begins, behind its continuation.
        long own = make.Group(("x", array));
        byte[] bytes = make.File(make.Group(("self", own), ("x", array)));
        using (var file = Open(bytes)) Assert.Equal(["self/x", "x"], file.Tensors.Select(t => t.Name));
        byte[] circle = Encoding.ASCII.GetBytes("MATLAB 7.3 MAT-file".PadRight(512));
        var matlab = new Hdf5Samples(false, circle);
        long cell = matlab.Add(new byte[16]); // where the cell's values lie: they refer to the cell
        long header = matlab.Dataset(Reference, [2], [3, 1, .. Long(cell), .. Long(16)], null, ("MATLAB_class", "cell"));
        byte[] file73 = matlab.File(matlab.Group(("c", header)));
        Long(header).CopyTo(file73, 512 + cell);
        Long(header).CopyTo(file73, 512 + cell + 8);
        Refused("", file73);
    }

    [Fact]
    public void Damaged_files_are_read_or_refused()
    {
        float[] kernel = VggTensorSamples.Pattern("k", 27 * 4), bias = VggTensorSamples.Pattern("b", 4);
        ContainerFuzzing.Run([new(Keras(false)), new(Keras(true)), new(Matlab(kernel)), new(Keras(false)), new(Keras(true))], 3000);

        byte[] Keras(bool modern)
        {
            var make = new Hdf5Samples(modern);
            byte[] all = Bytes(kernel);
            long first = make.Contiguous(Float32, [3, 3, 3, 4], all), second = make.Compact(Float32, [4], Bytes(bias));
            long third = make.Chunked(Float32, [6, 18], [3, 18], [2, 1], ([0, 0], Deflated(Shuffled(all[..216], 4))), ([3, 0], Deflated(Shuffled(all[216..], 4))));
            (string, long)[] both = [("kernel:0", first), ("bias:0", second)];
            return make.File(make.Group(("block1_conv1", modern ? make.DenseGroup(both) : make.Group(both)), ("block1_conv2", make.Group(both)), ("chunked", third)));
        }
    }

    void Refused(string expected, byte[] bytes)
    {
        string path = folder.Add("a.h5", bytes);
        Problems.Expect(path, expected, () => TensorFiles.Open(path).Dispose());
    }

    TensorFile Open(byte[] bytes) => TensorFiles.Open(folder.Add("a.h5", bytes));
}
