using System.Runtime.InteropServices;
using System.Text;

namespace GpuStyle.CudaEmulator;

/// <summary>
/// Writes a shared library without code: each of its symbols is a function's address in this process. Once it is loaded, the loader gives
/// it to whoever asks for a library of its name. (System V ABI, "Object Files" and "Program Loading and Dynamic Linking"; values of
/// symbols in SHN_ABS are not moved.)
/// </summary>
internal static class SymbolLibrary
{
    const int HeaderBytes = 64, SegmentBytes = 56, SymbolBytes = 24, Segments = 3;

    /// <param name="name">The library's name, such as libm.so.6.</param>
    /// <param name="functions">Addresses by symbol.</param>
    public static byte[] Write(string name, IReadOnlyDictionary<string, IntPtr> functions)
    {
        var strings = new MemoryStream();
        strings.WriteByte(0);
        int Add(string text)
        {
            int at = (int)strings.Length;
            strings.Write(Encoding.ASCII.GetBytes(text + '\0'));
            return at;
        }
        int nameAt = Add(name);

        var symbols = new Writer();
        symbols.Bytes(new byte[SymbolBytes]);
        foreach (var (symbol, address) in functions)
            symbols.Word(Add(symbol)).Byte(0x12 /* STB_GLOBAL, STT_FUNC */).Byte(0).Half(0xfff1 /* SHN_ABS */).Long(address).Long(0);

        // One bucket, whose chain has every symbol.
        var hash = new Writer().Word(1).Word(functions.Count + 1).Word(1).Word(0);
        for (int i = 1; i <= functions.Count; i++) hash.Word(i < functions.Count ? i + 1 : 0);
        hash.Align();

        int symbolsAt = HeaderBytes + Segments * SegmentBytes, hashAt = symbolsAt + symbols.Length, dynamicAt = hashAt + hash.Length;
        const int DynamicBytes = 7 * 16;
        int stringsAt = dynamicAt + DynamicBytes, end = stringsAt + (int)strings.Length;
        var dynamic = new Writer();
        void Entry(long tag, long value) => dynamic.Long(tag).Long(value);
        Entry(14 /* DT_SONAME */, nameAt);
        Entry(4 /* DT_HASH */, hashAt);
        Entry(5 /* DT_STRTAB */, stringsAt);
        Entry(6 /* DT_SYMTAB */, symbolsAt);
        Entry(10 /* DT_STRSZ */, strings.Length);
        Entry(11 /* DT_SYMENT */, SymbolBytes);
        Entry(0 /* DT_NULL */, 0);

        var file = new Writer();
        file.Bytes([0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        int machine = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 183 /* EM_AARCH64 */ : 62 /* EM_X86_64 */;
        file.Half(3 /* ET_DYN */).Half(machine).Word(1).Long(0).Long(HeaderBytes).Long(0)
            .Word(0).Half(HeaderBytes).Half(SegmentBytes).Half(Segments).Half(64).Half(0).Half(0);
        void Segment(int type, int flags, long at, long bytes) =>
            file.Word(type).Word(flags).Long(at).Long(at).Long(at).Long(bytes).Long(bytes).Long(type == 1 ? 4096 : 8);
        Segment(1 /* PT_LOAD */, 6 /* read and write */, 0, end);
        Segment(2 /* PT_DYNAMIC */, 6, dynamicAt, DynamicBytes);
        Segment(0x6474e551 /* PT_GNU_STACK: it needs no executable one */, 6, 0, 0);
        file.Bytes(symbols.ToArray()).Bytes(hash.ToArray()).Bytes(dynamic.ToArray()).Bytes(strings.ToArray());
        return file.ToArray();
    }

    sealed class Writer
    {
        readonly List<byte> bytes = [];

        public int Length => bytes.Count;

        public Writer Bytes(byte[] values)
        {
            bytes.AddRange(values);
            return this;
        }

        public Writer Byte(byte value) => Bytes([value]);

        public Writer Half(int value) => Bytes(BitConverter.GetBytes((ushort)value));

        public Writer Word(int value) => Bytes(BitConverter.GetBytes(value));

        public Writer Long(long value) => Bytes(BitConverter.GetBytes(value));

        public void Align()
        {
            while (Length % 8 != 0) Byte(0);
        }

        public byte[] ToArray() => [.. bytes];
    }
}
