using System.Runtime.InteropServices;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>What is written is read back, and the element types that are not written are read as their values.</summary>
public sealed class SafetensorsRoundTripTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Tensors_and_metadata_come_back_bit_by_bit()
    {
        var random = new Random(1);
        float[] gradient = [.. Enumerable.Range(0, 3 * 200 * 300).Select(_ => (float)(random.NextDouble() - 0.5))];
        string path = folder["gradient.safetensors"];
        SafetensorsFile.Write(path,
            [new("gradient", [3, 200, 300], gradient), new("scalar", [], new float[] { 7 }), new("empty \"ü\n", [0, 5], Array.Empty<float>())],
            new Dictionary<string, string> { ["b"] = "two\nlines", ["a"] = "ü" });

        using var file = SafetensorsFile.Open(path);
        Assert.Equal(["gradient", "scalar", "empty \"ü\n"], file.Tensors.Select(t => t.Name));
        Assert.Equal([3L, 200, 300], file.Find("gradient")!.Shape);
        Assert.Equal("F32", file.Find("gradient")!.Type);
        Assert.Equal(0, ((StoredTensor)file.Find("gradient")!).Position % 8);
        Assert.Equal(gradient, file.ReadFloat32("gradient"));
        Assert.Equal([7f], file.ReadFloat32("scalar"));
        Assert.Empty(file.ReadFloat32("empty \"ü\n"));
        Assert.Equal("two\nlines", file.Metadata["b"]);
        Assert.Equal("ü", file.Metadata["a"]);
        Assert.Null(file.Find("other"));
        Problems.Expect(path, "has no tensor 'other'", () => file.ReadFloat32("other"));
    }

    [Fact]
    public void The_same_tensors_give_the_same_bytes()
    {
        TensorData[] tensors = [new("x", [2], new float[] { 1, 2 })];
        SafetensorsFile.Write(folder["a"], tensors, new Dictionary<string, string> { ["k"] = "1", ["l"] = "2" });
        SafetensorsFile.Write(folder["b"], tensors, new Dictionary<string, string> { ["l"] = "2", ["k"] = "1" });
        Assert.Equal(File.ReadAllBytes(folder["a"]), File.ReadAllBytes(folder["b"]));
    }

    [Fact]
    public void Every_half_precision_number_is_widened_exactly()
    {
        var all = new ushort[65536 + 3]; // and a few, so that the last vector is not full
        for (int i = 0; i < all.Length; i++) all[i] = (ushort)i;
        float[] values = ReadRaw("F16", MemoryMarshal.AsBytes<ushort>(all), all.Length);
        for (int i = 0; i < all.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(all[i]);
            Assert.True(float.IsNaN(expected) ? float.IsNaN(values[i]) : expected.Equals(values[i]), $"{all[i]:x4}: {values[i]} for {expected}");
            Assert.Equal(float.IsNegative(expected), float.IsNegative(values[i]));
        }
    }

    [Fact]
    public void Every_bfloat16_number_is_the_upper_half_of_a_float()
    {
        var all = new ushort[65536 + 1];
        for (int i = 0; i < all.Length; i++) all[i] = (ushort)i;
        float[] values = ReadRaw("BF16", MemoryMarshal.AsBytes<ushort>(all), all.Length);
        for (int i = 0; i < all.Length; i++)
            Assert.Equal((uint)all[i] << 16, BitConverter.SingleToUInt32Bits(values[i]));
    }

    [Fact]
    public void Doubles_are_rounded_to_the_nearest_float()
    {
        var random = new Random(2);
        double[] all = [0, -0.0, double.Epsilon, 1e300, -1e300, double.NaN, 1 + 1e-10, 1.0 / 3,
            .. Enumerable.Range(0, 70_001).Select(_ => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-40, 38)))];
        float[] values = ReadRaw("F64", MemoryMarshal.AsBytes<double>(all), all.Length);
        for (int i = 0; i < all.Length; i++)
            Assert.Equal(BitConverter.SingleToUInt32Bits((float)all[i]), BitConverter.SingleToUInt32Bits(values[i]));
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        string path = folder.Add("kept", "old"u8);
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(path, [new("x", [3], new float[2])]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(path, [new("x", [1], new float[1]), new("x", [1], new float[1])]));
        Assert.Throws<ArgumentException>(() => SafetensorsFile.Write(path, [new("__metadata__", [1], new float[1])]));
        Assert.Equal("old", File.ReadAllText(path));
        Problems.Expect(folder.Root, "is a folder", () => SafetensorsFile.Write(folder.Root, []));
        Problems.Expect(folder["no/such"], "its folder does not exist", () => SafetensorsFile.Write(folder["no/such"], []));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Root));
        SafetensorsFile.Write(path, [new("x", [2], new float[] { 1, 2 })]);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal([1f, 2f], file.ReadFloat32("x"));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Root));
    }

    float[] ReadRaw(string type, ReadOnlySpan<byte> data, int count)
    {
        string path = folder.AddSafetensors(type,
            $$$"""{"x":{"dtype":"{{{type}}}","shape":[{{{count}}}],"data_offsets":[0,{{{data.Length}}}]}}""", data);
        using var file = SafetensorsFile.Open(path);
        return file.ReadFloat32("x");
    }
}
