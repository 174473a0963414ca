using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// The header of a .npy file (numpy.lib.format, versions 1 to 3): magic, version, length and a Python dictionary
/// <c>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (3, 4), }</c>; then the elements.
/// </summary>
/// <param name="Type">The type of the elements.</param>
/// <param name="ColumnsFirst">Whether the first index runs fastest.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="Start">Where the elements begin.</param>
sealed record NpyHeader(NumpyType Type, bool ColumnsFirst, IReadOnlyList<long> Shape, long Start)
{
    /// <summary>NumPy reads no longer header than 10,000 characters without being told to.</summary>
    const int Longest = 65536;

    /// <summary>NumPy's own limit.</summary>
    const int MostDimensions = 64;

    /// <summary>Whether the bytes are a .npy file's first.</summary>
    public static bool IsNpy(ReadOnlySpan<byte> start) => start is [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..];

    /// <summary>The array that follows the header.</summary>
    /// <exception cref="FormatException">Its elements are not all there.</exception>
    public ArrayTensor Array(string name, IByteSource source, string where) =>
        Type.Array(name, Shape, ColumnsFirst, source, Start, source.Length - Start)
            ?? throw new FormatException($"{where}is cut short: its shape is {Text.Shape(Shape)} and {source.Length - Start} bytes follow the header; copy or download it again");

    /// <summary>Reads and checks the header, but not that the elements are there.</summary>
    /// <param name="source">The bytes of a .npy file.</param>
    /// <param name="where">What comes before the problem in messages: nothing, or "has the array 'x', which ".</param>
    /// <exception cref="FormatException">The message continues "FILE ...".</exception>
    public static NpyHeader Read(IByteSource source, string where)
    {
        Span<byte> start = stackalloc byte[12];
        int begin = Math.Min(start.Length, (int)Math.Min(source.Length, start.Length));
        source.Read(start[..begin], 0);
        if (!IsNpy(start) || begin < start.Length) throw new FormatException($"{where}is not a whole NumPy array; copy or download it again");
        if (start[6] is 0 or > 3) throw new FormatException($"{where}is a .npy of version {start[6]}, which is not read: save it again with NumPy");
        int from = start[6] == 1 ? 10 : 12;
        uint length = start[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (length > source.Length - from) throw new FormatException($"{where}is cut short: it ends within the header; copy or download it again");
        if (length > Longest) throw new FormatException($"{where}has a header of {length} bytes, more than any weight file's: save it again as plain arrays");
        var bytes = new byte[length];
        source.Read(bytes, from);
        return new Parser(Encoding.UTF8.GetString(bytes), where).Parse(from + length);
    }

    /// <summary>The fields of the dictionary, by a reader that knows no other Python than this.</summary>
    sealed class Parser(string text, string where)
    {
        int at;

        public NpyHeader Parse(long start)
        {
            string? description = null;
            bool? columnsFirst = null;
            List<long>? shape = null;
            Expect('{');
            while (!Next('}'))
            {
                string key = Quoted();
                Expect(':');
                switch (key)
                {
                    case "descr" when Peek() == '[':
                        throw new FormatException($"{where}is a NumPy array of records, which is not read: save its fields as plain arrays");
                    case "descr": description = Quoted(); break;
                    case "fortran_order": columnsFirst = Word() switch { "True" => true, "False" => false, _ => throw Malformed() }; break;
                    case "shape": shape = Numbers(); break;
                    default: throw Malformed();
                }
                if (!Next(',') && Peek() != '}') throw Malformed();
            }
            if (description is null || columnsFirst is null || shape is null) throw Malformed();
            return new NpyHeader(NumpyType.Parse(description), columnsFirst.Value, shape, start);
        }

        List<long> Numbers()
        {
            var numbers = new List<long>();
            Expect('(');
            while (!Next(')'))
            {
                if (numbers.Count == MostDimensions || !long.TryParse(Word().TrimEnd('L'), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                    throw Malformed();
                numbers.Add(number);
                if (!Next(',') && Peek() != ')') throw Malformed();
            }
            return numbers;
        }

        string Word()
        {
            Peek();
            int from = this.at;
            while (this.at < text.Length && char.IsAsciiLetterOrDigit(text[this.at])) this.at++;
            return text[from..this.at];
        }

        string Quoted()
        {
            char quote = Peek();
            if (quote is not ('\'' or '"')) throw Malformed();
            int end = text.IndexOf(quote, this.at + 1);
            if (end < 0) throw Malformed();
            string inside = text[(this.at + 1)..end];
            this.at = end + 1;
            return inside;
        }

        char Peek()
        {
            while (this.at < text.Length && char.IsWhiteSpace(text[this.at])) this.at++;
            return this.at < text.Length ? text[this.at] : throw Malformed();
        }

        bool Next(char expected)
        {
            if (Peek() != expected) return false;
            this.at++;
            return true;
        }

        void Expect(char expected)
        {
            if (!Next(expected)) throw Malformed();
        }

        FormatException Malformed() => new($"{where}has a malformed NumPy header; copy or download it again");
    }
}
