using System.IO.Compression;
using System.Runtime.InteropServices;
using GpuStyle.WeightsLoader;
using static GpuStyle.Tests.WeightsLoader.NpySamples;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Plain .npy files and .npz archives, well made and not.</summary>
public sealed class NumpyTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_plain_array_is_read_in_every_version_of_the_header()
    {
        float[] values = [1, 2, 3, 4, 5, -6.5f];
        for (byte version = 1; version <= 3; version++)
        {
            using var file = Open(Npy(Header("<f4", "(2, 3)"), MemoryMarshal.AsBytes<float>(values), version));
            var entry = Assert.Single(file.Tensors);
            Assert.Equal(("array", "F32", 6L, true), (entry.Name, entry.Type, entry.Elements, entry.IsReadable));
            Assert.Equal([2L, 3], entry.Shape);
            Assert.Equal(values, file.ReadFloat32("array"));
        }
    }

    [Fact]
    public void Element_types_are_widened_and_rounded()
    {
        Expect("<f2", MemoryMarshal.AsBytes<Half>([(Half)1.5, (Half)(-2)]), 1.5f, -2);
        Expect("<f8", MemoryMarshal.AsBytes<double>([1.0 / 3, -2]), 1 / 3f, -2);
        Expect(">f4", [0x3F, 0x80, 0, 0, 0xC0, 0x20, 0, 0], 1, -2.5f);
        Expect(">f8", [0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0xC0, 4, 0, 0, 0, 0, 0, 0], 1, -2.5f);
        Expect(">f2", [0x3C, 0, 0xC0, 0], 1, -2);

        void Expect(string type, ReadOnlySpan<byte> elements, params float[] expected)
        {
            using var file = Open(Npy(Header(type, "(2,)"), elements));
            Assert.Equal(expected, file.ReadFloat32("array"));
        }
    }

    [Fact]
    public void Columns_first_is_turned_to_rows_first()
    {
        int[] shape = [3, 2, 5, 37]; // the last index fills no whole number of steps
        float[] columns = [.. Enumerable.Range(0, 3 * 2 * 5 * 37).Select(i => (float)i)];
        using var file = Open(Npy(Header("<f4", "(3, 2, 5, 37)", columnsFirst: true), MemoryMarshal.AsBytes<float>(columns)));
        float[] rows = file.ReadFloat32("array");
        for (int at = 0; at < rows.Length; at++)
        {
            int i3 = at % 37, i2 = at / 37 % 5, i1 = at / (37 * 5) % 2, i0 = at / (37 * 5 * 2);
            Assert.Equal(i0 + (shape[0] * (i1 + (shape[1] * (i2 + (shape[2] * i3))))), rows[at]);
        }
    }

    [Fact]
    public void The_first_value_that_is_not_finite_is_found_where_it_is_read()
    {
        float[] columns = [1, 2, float.NaN, 4, 5, 6];
        using var file = Open(Npy(Header("<f4", "(2, 3)", columnsFirst: true), MemoryMarshal.AsBytes<float>(columns)));
        float[] rows = file.ReadFloat32(file.Tensors[0], out long nonFinite);
        Assert.True(float.IsNaN(rows[1]));
        Assert.Equal(1, nonFinite);
    }

    [Theory]
    [InlineData("<i8", "I64")]
    [InlineData("|u1", "U8")]
    [InlineData("|b1", "BOOL")]
    [InlineData("<c16", "<c16")]
    [InlineData("<U1", "<U1")]
    public void Other_types_are_described_and_not_read(string type, string word)
    {
        using var file = Open(Npy(Header(type, "(1,)"), new byte[16]));
        Assert.Equal((word, false), (file.Tensors[0].Type, file.Tensors[0].IsReadable));
        Problems.Expect(folder["a"], $"of type {word}", () => file.ReadFloat32("array"));
    }

    [Theory]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", "malformed NumPy header")]
    [InlineData("{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,)}", "malformed NumPy header")]
    [InlineData("{'descr': '<f4', 'shape': (2,)}", "malformed NumPy header")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", "malformed NumPy header")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}", "malformed NumPy header")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': __import__('os')}", "malformed NumPy header")]
    [InlineData("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}", "array of records")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", "is cut short")]
    [InlineData("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296)}", "is cut short")]
    [InlineData("", "malformed NumPy header")]
    public void A_wrong_header_is_refused(string header, string expected)
    {
        string path = folder.Add("a", Npy(header, new byte[8]));
        Problems.Expect(path, expected, () => TensorFiles.Open(path));
    }

    [Fact]
    public void A_cut_file_and_a_later_version_are_refused()
    {
        byte[] whole = Npy("(2,)", 1, 2);
        for (int length = 12; length < whole.Length; length++)
        {
            string cut = folder.Add("cut", whole.AsSpan(0, length));
            Problems.Expect(cut, "is cut short", () => TensorFiles.Open(cut));
        }
        whole[6] = 4;
        string path = folder.Add("a", whole);
        Problems.Expect(path, "version 4", () => TensorFiles.Open(path));
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void An_archive_s_arrays_go_by_the_names_of_its_entries(CompressionLevel level)
    {
        float[] kernel = VggTensorSamples.Pattern("k", 64 * 27);
        using var file = Open(Zip(level, ("conv1_1.weight.npy", Npy("(64, 3, 3, 3)", kernel)), ("note.txt", [1]), ("a/b.npy", Npy("()", 7))));
        Assert.Equal(["conv1_1.weight", "a/b"], file.Tensors.Select(t => t.Name));
        Assert.Equal(kernel, file.ReadFloat32("conv1_1.weight"));
        Assert.Equal([7f], file.ReadFloat32("a/b"));
        Assert.Equal(kernel, file.ReadFloat32("conv1_1.weight")); // once more, from the beginning
    }

    [Fact]
    public void An_archive_that_cannot_be_is_refused()
    {
        byte[] array = Npy("(4,)", 1, 2, 3, 4);
        byte[] zip = Zip(CompressionLevel.Optimal, ("a.npy", array));
        int directory = zip.AsSpan().IndexOf("PK\u0001\u0002"u8);
        Refused("is cut short", zip[..^1]);
        Refused("is encrypted", Changed(zip, directory + 8, 1));
        Refused("packed by method 12", Changed(zip, directory + 10, 12));
        Refused("no compression does", Changed(zip, directory + 26, 9)); // 9 x 65536 bytes out of some hundred
        Refused("end too early", Changed(zip, directory + 25, 4)); // a kilobyte more: more than the array, and than there is
        Refused("twice", Zip(CompressionLevel.NoCompression, ("a.npy", array), ("a.npy", array)));
        Refused("array 'a', which is not a whole NumPy array", Zip(CompressionLevel.NoCompression, ("a.npy", array[1..])));
        byte[] large = Npy("(100,)", new float[100]), two = Zip(CompressionLevel.NoCompression, ("a.npy", large), ("b.npy", large));
        Refused("entries overlap", Changed(two, two.AsSpan().IndexOf("PK\u0001\u0002"u8) + 21, 3, 4)); // 512 bytes more

        byte[] wide = Zip64.Of(zip);
        for (int field = 32; field < 56; field += 8) Refused("malformed directory", Changed(wide, wide.Length - 98 + field + 7, 0x80)); // count, length and place below zero

        void Refused(string expected, byte[] bytes)
        {
            string path = folder.Add("a", bytes);
            Problems.Expect(path, expected, () => TensorFiles.Open(path).Dispose());
        }

        static byte[] Changed(byte[] bytes, int at, byte value, int also = 0)
        {
            byte[] changed = [.. bytes];
            changed[at] = value;
            if (also != 0) changed[at + also] = value;
            return changed;
        }
    }

    [Fact]
    public void Compressed_bytes_that_stand_for_too_many_are_unpacked_before_memory_is_set_aside()
    {
        byte[] zeros = Npy(Header("<f4", "(1000000,)"), new byte[4_000_000]);
        using (var file = Open(Zip(CompressionLevel.Optimal, ("a.npy", zeros)))) Assert.Equal(1_000_000, file.ReadFloat32("a").Length);
        byte[] bomb = Zip(CompressionLevel.Optimal, ("a.npy", zeros[..1_000_000]));
        int directory = bomb.AsSpan().IndexOf("PK\u0001\u0002"u8);
        BitConverter.TryWriteBytes(bomb.AsSpan(directory + 24), 1_000_001);
        string path = folder.Add("a", bomb);
        Problems.Expect(path, "end too early", () => TensorFiles.Open(path));
    }

    [Fact]
    public void Damaged_files_are_read_or_refused()
    {
        byte[] kernel = Npy("(64, 3, 3, 3)", VggTensorSamples.Pattern("k", 64 * 27)), bias = Npy("(64,)", VggTensorSamples.Pattern("b", 64));
        ContainerFuzzing.Run(
        [
            new(Npy(Header(">f8", "(8, 4)", columnsFirst: true), new byte[256]), 80),
            new(Zip(CompressionLevel.NoCompression, ("conv1_1.weight.npy", kernel), ("conv1_1.bias.npy", bias))),
            new(Zip(CompressionLevel.Optimal, ("conv1_1.weight.npy", kernel), ("conv1_1.bias.npy", bias))),
            new(Zip(CompressionLevel.Optimal, ("a.npy", bias), ("b.npy", bias), ("c.npy", Npy("()", 1)))),
        ], 2500);
    }

    TensorFile Open(byte[] bytes) => TensorFiles.Open(folder.Add("a", bytes));
}
