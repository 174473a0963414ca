namespace GpuStyle.CudaEmulator;

/// <summary>A decoded kernel. Registers, constants and special registers all have their place in the registers of a warp.</summary>
internal sealed class Kernel
{
    public required string Name { get; init; }

    /// <summary>
    /// The same for kernels of the same text, whatever the order of its blocks. The name is a method's, and several classes have a method of
    /// one name.
    /// </summary>
    public string Key => field ??= $"{Name} {SharedBytes} {string.Join(' ', Code.Select(i => i.Opcode).Order(StringComparer.Ordinal))}";

    public required Instruction[] Code { get; init; }

    /// <summary>Bytes of a warp's registers.</summary>
    public required int RegisterBytes { get; init; }

    /// <summary>What of them is declared at the kernel's beginning, before the first constant.</summary>
    public required int DeclaredBytes { get; init; }

    public required IReadOnlyList<Constant> Constants { get; init; }

    /// <summary>Places of special registers such as <c>%tid.x</c>.</summary>
    public required IReadOnlyDictionary<string, int> Specials { get; init; }

    public required int SharedBytes { get; init; }

    public required int ParameterBytes { get; init; }

    /// <summary>From <c>.maxntid</c>, or 0.</summary>
    public required int MaxThreads { get; init; }
}

/// <summary>A constant operand: a row of the same value.</summary>
internal readonly record struct Constant(int Register, ulong Bits, int Bytes);
