using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>MATLAB .mat files of level 5: numbers, texts, cells and structs, plain and deflated, in either byte order.</summary>
[Trait("Takes", "long")]
public sealed class Mat5Tests : IDisposable
{
    static readonly Mat5Samples Little = new(bigEndian: false), Big = new(bigEndian: true);

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_network_of_cells_and_structs_is_read(bool bigEndian, bool deflated)
    {
        var make = bigEndian ? Big : Little;
        float[] kernel = VggTensorSamples.Pattern("k", 27 * 64), bias = VggTensorSamples.Pattern("b", 64);
        byte[] layers = make.Network(kernel, bias), mean = make.Singles("mean", [1, 1, 3], 1, 2, 3);
        using var file = Open(make.File(deflated ? [make.Deflated(layers), make.Deflated(mean)] : [layers, mean]));
        Assert.Equal(["layers[0].weights[0]", "layers[0].weights[1]", "mean"], file.Tensors.Select(t => t.Name));
        Assert.Equal([3L, 3, 3, 64], file.Tensors[0].Shape);
        float[] rows = file.ReadFloat32("layers[0].weights[0]");
        for (int at = 0; at < rows.Length; at++)
        {
            int output = at % 64, input = at / 64 % 3, x = at / (64 * 3) % 3, y = at / (64 * 9);
            Assert.Equal(kernel[y + (3 * (x + (3 * (input + (3 * output)))))], rows[at]);
        }
        Assert.Equal(bias, file.ReadFloat32("layers[0].weights[1]"));
        Assert.Equal([1f, 2, 3], file.ReadFloat32("mean"));
        Assert.Equal(rows, file.ReadFloat32("layers[0].weights[0]")); // backwards
        Assert.Equal([("layers[0].name", "conv1_1"), ("layers[0].type", "conv"), ("layers[1].name", "relu1_1"), ("layers[1].type", "relu")],
            file.Metadata.Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void Struct_arrays_and_empty_fields_have_their_places()
    {
        byte[] empty = Little.Element(Mat5Samples.Matrix, []);
        using var file = Open(Little.File(Little.Structs("s", ["a", "b"], Little.Singles("", [1, 1], 1), empty, empty, Little.Singles("", [1, 1], 2))));
        Assert.Equal(["s[0].a", "s[1].b"], file.Tensors.Select(t => t.Name));
        Assert.Equal([2f], file.ReadFloat32("s[1].b"));
    }

    [Fact]
    public void Whole_numbers_may_be_stored_in_fewer_bytes()
    {
        using var file = Open(Little.File(
            Little.Array(6, "d", [2, 2], Little.Element(Mat5Samples.UInt8, [1, 2, 3, 255])),
            Little.Array(7, "s", [1, 2], Little.Element(Mat5Samples.Int8, [0xFF, 5])),
            Little.Array(9, "u", [1, 2], Little.Element(Mat5Samples.UInt8, [1, 2])),
            Little.Array(6 | 0x800, "c", [1, 1], Little.Element(Mat5Samples.UInt8, [1]), Little.Element(Mat5Samples.UInt8, [2]))));
        Assert.Equal(["F64", "F32", "U8", "complex"], file.Tensors.Select(t => t.Type));
        Assert.Equal([true, true, false, false], file.Tensors.Select(t => t.IsReadable));
        Assert.Equal([1f, 3, 2, 255], file.ReadFloat32("d"));
        Assert.Equal([-1f, 5], file.ReadFloat32("s"));
    }

    [Fact]
    public void Texts_of_several_rows_have_several_lines()
    {
        using var file = Open(Little.File(Little.Array(4, "t", [2, 3], Little.Element(16, "adbecf"u8.ToArray()))));
        Assert.Equal("abc\ndef", file.Metadata["t"]);
    }

    [Fact]
    public void Arrays_of_other_kinds_are_passed_over()
    {
        using var file = Open(Little.File(Little.Array(17, "o", [1, 1]), Little.Array(5, "sparse", [1, 1]), Little.Element(99, [1]), Little.Singles("x", [1, 1], 5)));
        Assert.Equal("x", Assert.Single(file.Tensors).Name);
    }

    [Fact]
    public void A_cut_file_is_told()
    {
        byte[] whole = Little.File(Little.Singles("x", [1, 2], 1, 2), Little.Deflated(Little.Singles("y", [1, 1], 3)));
        int second = Little.File(Little.Singles("x", [1, 2], 1, 2)).Length;
        for (int length = 20; length < whole.Length; length++)
            if (length is not 128 && length != second)
                Refused("is cut short", whole[..length]);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        byte[] one = Little.Singles("", [1, 1], 1);
        byte[] deep = one;
        for (int i = 0; i < 20; i++) deep = Little.Cells(i == 19 ? "deep" : "", deep);
        Refused("nested too deep", Little.File(deep));
        Refused("twice", Little.File(Little.Singles("x", [1, 1], 1), Little.Singles("x", [1, 1], 1)));
        Refused("malformed", Little.File(Little.Singles("x", [2, 2], 1, 2, 3)));
        Refused("malformed", Little.File(Little.Singles("x", [1 << 30, 1 << 30, 1 << 30], 1)));
        Refused("cut short", Little.File(Little.Array(1, "x", [1 << 30, 1], one)));
        Refused("malformed", Little.File(Little.Array(1, "x", [1, 1], Little.Element(Mat5Samples.Single, [1, 2, 3, 4, 5, 6, 7, 8]))));
        Refused("describes more than", Little.File(Little.Cells("x", [.. Enumerable.Repeat(Little.Element(Mat5Samples.Matrix, []), 5000)])));
        byte[] packed = Little.Deflated(Little.Singles("x", [1, 100], new float[100]));
        Refused("cannot be unpacked", Little.File([.. packed[..8], 0xFF, .. packed[9..]]));
        Refused("cannot be unpacked", Little.File([.. packed[..8], 0x78, 0xBB, .. packed[10..]])); // wants a dictionary
        byte[] unmarked = Little.File(one);
        unmarked[126] = 0;
        Refused("mark of its byte order", unmarked);

    }

    [Fact]
    public void Damaged_files_are_read_or_refused()
    {
        float[] kernel = VggTensorSamples.Pattern("k", 27 * 16), bias = VggTensorSamples.Pattern("b", 16);
        byte[] layers = Little.Network(kernel, bias);
        ContainerFuzzing.Run(
        [
            new(Little.File(layers, Little.Singles("mean", [1, 1, 3], 1, 2, 3))),
            new(Little.File(Little.Deflated(layers), Little.Deflated(Little.Singles("mean", [1, 1, 3], 1, 2, 3)))),
            new(layers, 0, (bytes, _) => Little.File(Little.Deflated(bytes))), // damage behind sound compression
            new(Big.File(Big.Network(kernel[..54], bias[..2]))),
        ], 2500);
    }

    void Refused(string expected, byte[] bytes)
    {
        string path = folder.Add("a.mat", bytes);
        Problems.Expect(path, expected, () => TensorFiles.Open(path).Dispose());
    }

    TensorFile Open(byte[] bytes) => TensorFiles.Open(folder.Add("a.mat", bytes));
}
