using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Writes objects as torch.save of Torch7 does in binary mode: its File.lua, call by call.</summary>
/// <param name="objects">How many objects the file has already.</param>
sealed class Torch7Writer(int objects = 0)
{
    readonly List<byte> bytes = [];

    /// <summary>How many it has now.</summary>
    public int Objects { get; private set; } = objects;

    public byte[] ToArray() => [.. this.bytes];

    public Torch7Writer Int(int value)
    {
        var four = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(four, value);
        this.bytes.AddRange(four);
        return this;
    }

    Torch7Writer Long(long value)
    {
        var eight = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(eight, value);
        this.bytes.AddRange(eight);
        return this;
    }

    public Torch7Writer Number(double value) => Int(1).Long(BitConverter.DoubleToInt64Bits(value));

    public Torch7Writer Boolean(bool value) => Int(5).Int(value ? 1 : 0);

    public Torch7Writer Nil() => Int(0);

    Torch7Writer Letters(string value)
    {
        Int(value.Length);
        this.bytes.AddRange(Encoding.ASCII.GetBytes(value));
        return this;
    }

    public Torch7Writer Text(string value) => Int(2).Letters(value);

    /// <summary>A table: its size; the pairs follow.</summary>
    public Torch7Writer Table(int size) => Int(3).Int(++Objects).Int(size);

    /// <summary>A torch object; its content follows, a module's is a table.</summary>
    public Torch7Writer Object(string name) => Int(4).Int(++Objects).Letters("V 1").Letters(name);

    /// <summary>A function; what it holds follows.</summary>
    public Torch7Writer Function(int number, string code) => Int(8).Int(number).Letters(code);

    /// <summary>The object or table of that number, again.</summary>
    public Torch7Writer Again(int kind, int number) => Int(kind).Int(number);

    public Torch7Writer Tensor<T>(string type, T[] values, long[] shape, long[]? strides = null, long offset = 0) where T : unmanaged
    {
        Object($"torch.{type}Tensor").Int(shape.Length);
        long step = 1;
        var rows = new long[shape.Length];
        for (int d = shape.Length - 1; d >= 0; step *= shape[d--]) rows[d] = step;
        foreach (long size in shape) Long(size);
        foreach (long stride in strides ?? rows) Long(stride);
        Long(offset + 1);
        if (shape.Length == 0) return Nil();
        Object($"torch.{type}Storage").Long(values.Length);
        this.bytes.AddRange(MemoryMarshal.AsBytes<T>(values));
        return this;
    }

    /// <summary>An nn module with a weight and a bias.</summary>
    public Torch7Writer Convolution(string name, float[] weight, long[] shape, float[] bias, int inputs, int size) => Object(name).Table(6)
        .Text("nInputPlane").Number(inputs).Text("kW").Number(size).Text("kH").Number(size).Text("weight").Tensor("Float", weight, shape)
        .Text("bias").Tensor("Float", bias, [bias.Length]).Text("gradBias").Tensor<float>("Float", [], []);
}
