using System.Collections.Frozen;

namespace GpuStyle.CudaEmulator;

/// <summary>Every instruction that is known, by its opcode with all modifiers. What is not in it is an error.</summary>
internal static class InstructionTable
{
    static readonly FrozenDictionary<string, Decoder> Decoders = new[]
    {
        IntegerInstructions.All, FloatInstructions.All, ComparisonInstructions.All, LogicInstructions.All, ConversionInstructions.All,
        MemoryInstructions.All, AsyncCopyInstructions.All, ControlInstructions.All, MatrixInstructions.All,
    }.SelectMany(family => family).ToFrozenDictionary(row => row.Opcode, row => row.Decode);

    /// <summary>All opcodes.</summary>
    public static IEnumerable<string> Opcodes => Decoders.Keys;

    public static Decoder Find(string opcode) =>
        Decoders.TryGetValue(opcode, out var decode) ? decode : throw new PtxException($"unknown instruction {opcode}");
}
