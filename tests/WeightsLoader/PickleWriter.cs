using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Writes pickles opcode by opcode, and the files that PyTorch puts them in.</summary>
sealed class PickleWriter
{
    static readonly string[] Keys = ["7", "8"];

    readonly List<byte> bytes = [0x80, 2];

    public PickleWriter Op(string opcodes)
    {
        this.bytes.AddRange(Encoding.Latin1.GetBytes(opcodes));
        return this;
    }

    public PickleWriter Text(string text)
    {
        byte[] letters = Encoding.UTF8.GetBytes(text), length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, letters.Length);
        this.bytes.AddRange([(byte)'X', .. length, .. letters]);
        return this;
    }

    public PickleWriter Number(int value)
    {
        var number = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(number, value);
        this.bytes.AddRange([(byte)'J', .. number]);
        return this;
    }

    public PickleWriter Numbers(params int[] values)
    {
        Op("(");
        foreach (int value in values) Number(value);
        return Op("t");
    }

    public PickleWriter Global(string module, string name) => Op($"c{module}\n{name}\n");

    /// <summary>A tensor as _rebuild_tensor_v2 makes it.</summary>
    public PickleWriter Tensor(string type, string key, int count, int offset, int[] shape, int[] strides, bool legacy) =>
        Global("torch._utils", "_rebuild_tensor_v2").Op("((").Text("storage").Global("torch", type).Text(key).Text("cpu").Number(count).Op(legacy ? "NtQ" : "tQ")
            .Number(offset).Numbers(shape).Numbers(strides).Op("\u0089").Global("collections", "OrderedDict").Op(")RtR");

    public byte[] End() => [.. this.bytes, (byte)'.'];

    /// <summary>{'a': {'weight': [2, 3] of storage 7, 'turned': its transpose}, 'bias': [2] of half precision}.</summary>
    public static byte[] Tree(bool legacy) => new PickleWriter().Global("collections", "OrderedDict").Op(")Rq\0(").Text("a").Op("}q\u0001(")
        .Text("weight").Tensor("FloatStorage", "7", 6, 0, [2, 3], [3, 1], legacy).Op("q\u0002").Text("turned").Tensor("FloatStorage", "7", 6, 0, [3, 2], [1, 3], legacy)
        .Op("u").Text("bias").Tensor("HalfStorage", "8", 4, 1, [2], [1], legacy).Text("epoch").Number(90).Op("u").End();

    public static float[] Weight { get; } = [1, 2, 3, 4, 5, 6];

    public static Half[] Bias { get; } = [(Half)0, (Half)0.5, (Half)1.5, (Half)0];

    /// <summary>The file that torch.save wrote before 1.6.</summary>
    public static byte[] Legacy(byte[] tree)
    {
        byte[] magic = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, (byte)'.'];
        byte[] machine = new PickleWriter().Op("}(").Text("little_endian").Op("\u0088u").End();
        var keys = new PickleWriter().Op("](");
        foreach (string key in Keys) keys.Text(key);
        return [.. magic, .. new PickleWriter().Number(1001).End(), .. machine, .. tree, .. keys.Op("e").End(),
            6, 0, 0, 0, 0, 0, 0, 0, .. MemoryMarshal.AsBytes<float>(Weight), 4, 0, 0, 0, 0, 0, 0, 0, .. MemoryMarshal.AsBytes<Half>(Bias)];
    }

    /// <summary>The archive that torch.save writes since 1.6, with further entries (a name, a text).</summary>
    public static byte[] Zip(byte[] tree, CompressionLevel level = CompressionLevel.NoCompression, params (string Name, string Text)[] others) =>
        NpySamples.Zip(level, [("archive/data.pkl", tree), ("archive/version", "3\n"u8.ToArray()),
            ("archive/data/7", MemoryMarshal.AsBytes<float>(Weight).ToArray()), ("archive/data/8", MemoryMarshal.AsBytes<Half>(Bias).ToArray()),
            .. others.Select(entry => ($"archive/{entry.Name}", Encoding.ASCII.GetBytes(entry.Text)))]);
}
