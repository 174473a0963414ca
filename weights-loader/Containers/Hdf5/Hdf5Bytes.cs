using System.Buffers.Binary;
using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>Where an HDF5 file's structures lie and how wide its addresses and lengths are.</summary>
/// <param name="File">The file.</param>
/// <param name="Start">Where address 0 lies: behind the user block.</param>
/// <param name="OffsetSize">Bytes an address.</param>
/// <param name="LengthSize">Bytes a length.</param>
/// <param name="Budget">What describing the file may cost.</param>
sealed record Hdf5Space(InputFile File, long Start, int OffsetSize, int LengthSize, DescriptionBudget Budget)
{
    /// <summary>The address of what is nowhere: all bits set.</summary>
    public const long Undefined = -1;

    /// <summary>The bytes of a structure.</summary>
    /// <exception cref="FormatException">They are not in the file.</exception>
    public Hdf5Bytes Read(long address, long length)
    {
        long position = Locate(address, length);
        Budget.Take(length + 100);
        var bytes = new byte[length];
        File.Read(bytes, position);
        return new Hdf5Bytes(this, bytes, position);
    }

    /// <summary>The position in the file of <paramref name="length"/> bytes at an address.</summary>
    /// <exception cref="FormatException">They are not in the file.</exception>
    public long Locate(long address, long length)
    {
        if (address < 0 || length < 0 || length > File.Length - Start || address > File.Length - Start - length) throw Hdf5Bytes.Malformed("address");
        return Start + address;
    }
}

/// <summary>A run of bytes of an HDF5 file and a place in it: fields are taken one after the other, each checked to be there.</summary>
sealed class Hdf5Bytes
{
    /// <summary>The longest name that is read.</summary>
    public const int LongestText = 1024;

    readonly Hdf5Space space;
    readonly byte[] bytes;
    readonly int end;
    readonly long position; // of the first of all bytes
    int at;

    public Hdf5Bytes(Hdf5Space space, byte[] bytes, long position) : this(space, bytes, position, 0, bytes.Length) { }

    Hdf5Bytes(Hdf5Space space, byte[] bytes, long position, int at, int end) =>
        (this.space, this.bytes, this.position, this.at, this.end) = (space, bytes, position, at, end);

    /// <summary>Bytes not yet taken.</summary>
    public int Left => this.end - this.at;

    /// <summary>Where the next byte lies in the file.</summary>
    public long Position => this.position + this.at;

    /// <summary>The next bytes.</summary>
    public ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > Left) throw Malformed("structure");
        this.at += (int)count;
        return this.bytes.AsSpan(this.at - (int)count, (int)count);
    }

    /// <summary>The next bytes, as a run of their own.</summary>
    public Hdf5Bytes Part(long count)
    {
        Take(count);
        return new Hdf5Bytes(this.space, this.bytes, this.position, this.at - (int)count, this.at);
    }

    /// <summary>Whether the next bytes are this signature; they are taken then.</summary>
    public bool Signature(ReadOnlySpan<byte> signature)
    {
        if (!this.bytes.AsSpan(this.at, Left).StartsWith(signature)) return false;
        this.at += signature.Length;
        return true;
    }

    /// <summary>What is left, to be taken from here once more.</summary>
    public Hdf5Bytes Copy() => new(this.space, this.bytes, this.position, this.at, this.end);

    /// <summary>The UTF-8 text at <paramref name="offset"/> from here that ends with a zero byte; nothing is taken.</summary>
    public string TextAt(long offset)
    {
        if (offset < 0 || offset >= Left) throw Malformed("name");
        var text = this.bytes.AsSpan(this.at + (int)offset, Left - (int)offset);
        int length = text.IndexOf((byte)0);
        return length is >= 0 and <= LongestText ? Encoding.UTF8.GetString(text[..length]) : throw Malformed("name");
    }

    public void Skip(long count) => Take(count);

    public int One() => Take(1)[0];

    public int Two() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public uint Four() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>A number of 1, 2, 4 or 8 bytes; one beyond a signed number of 64 bits is refused, all bits set is -1.</summary>
    public long Number(int size)
    {
        ulong number = 0;
        var field = Take(size);
        for (int i = size - 1; i >= 0; i--) number = (number << 8) | field[i];
        if (number == ulong.MaxValue >> (64 - (8 * size))) return Hdf5Space.Undefined;
        return number <= long.MaxValue ? (long)number : throw Malformed("number");
    }

    /// <summary>An address, or <see cref="Hdf5Space.Undefined"/>.</summary>
    public long Address() => Number(this.space.OffsetSize);

    /// <summary>A length.</summary>
    public long Length() => Number(this.space.LengthSize) is >= 0 and var length ? length : throw Malformed("length");

    public static FormatException Malformed(string what) => new($"is an HDF5 file with a malformed {what}; copy or download it again");
}
