using System.Globalization;

namespace GpuStyle.CudaEmulator;

/// <summary>An address: a register and what is added to it.</summary>
internal readonly record struct Address(int Register, ulong Offset);

/// <summary>
/// The operands of one instruction, read in their order; each becomes a place in a warp's registers, constants and special registers
/// too.
/// </summary>
internal sealed unsafe class Operands(Tokens tokens, KernelBuilder kernel, Guard guard)
{
    bool first = true;
    int lastPlace;

    /// <summary>The guard of the instruction, which only branches look at themselves.</summary>
    public Guard Guard => guard;

    /// <summary>A register that is written.</summary>
    public int Target<T>() where T : unmanaged
    {
        Separate();
        return Register(tokens.Next(), sizeof(T));
    }

    /// <summary>A register, special register, constant, or the address of a shared array.</summary>
    public int Source<T>() where T : unmanaged
    {
        Separate();
        return Value(sizeof(T));
    }

    /// <summary>As many registers in braces, or one without.</summary>
    public int[] Targets<T>(int count) where T : unmanaged => Several(count, () => Register(tokens.Next(), sizeof(T)));

    /// <inheritdoc cref="Targets"/>
    public int[] Sources<T>(int count) where T : unmanaged => Several(count, () => Value(sizeof(T)));

    public int Predicate()
    {
        Separate();
        return lastPlace = Register(tokens.Next(), 0);
    }

    /// <summary>A predicate register, or a constant: 0 is false.</summary>
    public int PredicateSource()
    {
        if (tokens.Peek(1).StartsWith('%')) return Predicate();
        Separate();
        return lastPlace = kernel.Constant(tokens.Number() != 0 ? Rows.All : 0, sizeof(uint));
    }

    /// <summary>The last predicate's place again.</summary>
    public int Same() => lastPlace;

    public string Label()
    {
        Separate();
        return tokens.Next();
    }

    public int Number()
    {
        Separate();
        return tokens.Number();
    }

    /// <summary>PTX ISA, "Addresses as Operands": [register], [array], [either+offset].</summary>
    /// <param name="narrow">Whether a register has 32 bits, as for some addresses of shared memory.</param>
    public Address Address(bool narrow = false)
    {
        var (name, offset) = Bracketed();
        int bytes = narrow ? sizeof(uint) : sizeof(ulong);
        return new(kernel.SharedArray(name) is { } array ? kernel.Constant((ulong)array, bytes) : Register(name, bytes), (ulong)offset);
    }

    /// <summary>[parameter] or [parameter+offset].</summary>
    public int Parameter(int bytes)
    {
        var (name, offset) = Bracketed();
        return kernel.Parameter(name, offset, bytes);
    }

    (string Name, int Offset) Bracketed()
    {
        Separate();
        tokens.Expect("[");
        string name = tokens.Next();
        int offset = tokens.Skip("+") ? tokens.Number() : 0;
        tokens.Expect("]");
        return (name, offset);
    }

    void Separate()
    {
        if (!first) tokens.Expect(",");
        first = false;
    }

    int[] Several(int count, Func<int> read)
    {
        Separate();
        if (count == 1) return [read()];
        tokens.Expect("{");
        var places = new int[count];
        for (int i = 0; i < count; i++)
        {
            if (i > 0) tokens.Expect(",");
            places[i] = read();
        }
        tokens.Expect("}");
        return places;
    }

    int Register(string name, int bytes)
    {
        var (offset, type) = kernel.Register(name) ?? throw new PtxException($"the register {name} is not declared");
        return type.Bytes == bytes ? offset : throw new PtxException($"the register {name} has {8 * type.Bytes} bits, not {8 * bytes}");
    }

    int Value(int bytes)
    {
        string token = tokens.Next();
        if (SpecialRegisters.Known(token) && bytes == sizeof(uint)) return kernel.Special(token);
        if (token.StartsWith('%') || kernel.Register(token) is not null) return Register(token, bytes);
        if (kernel.SharedArray(token) is { } array) return kernel.Constant((ulong)array, bytes);
        return kernel.Constant(Bits(token, bytes), bytes);
    }

    /// <summary>PTX ISA, "Constants": decimal integers, and floats by their bits.</summary>
    ulong Bits(string token, int bytes)
    {
        string exact = bytes == sizeof(uint) ? "0f" : "0d";
        if (token.StartsWith(exact, StringComparison.OrdinalIgnoreCase)
            && ulong.TryParse(token.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits))
            return bits;
        bool negative = token == "-";
        if (ulong.TryParse(negative ? tokens.Next() : token, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
        {
            ulong value = negative ? 0 - number : number;
            return bytes == sizeof(uint) ? (uint)value : value;
        }
        throw new PtxException($"the operand {token} is not known");
    }
}
