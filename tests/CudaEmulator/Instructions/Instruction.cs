namespace GpuStyle.CudaEmulator;

/// <summary>
/// One decoded instruction: its operands are offsets into the registers of a warp. Those that kernels spend their time in are compiled with
/// full optimization at once: a test is over before the runtime would have found out that they matter.
/// </summary>
internal abstract class Instruction
{
    /// <summary>The text that it was decoded from.</summary>
    public string Text { get; set; } = "";

    /// <summary>The opcode with its modifiers and types: the text's first word behind a guard such as @%p1.</summary>
    public string Opcode => Text.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).First(word => word[0] != '@').TrimEnd(';');

    /// <summary>Does it for the active lanes of a warp whose <see cref="Warp.Pc"/> is already at the next instruction.</summary>
    public abstract void Execute(Warp warp);
}

/// <summary>Decodes the operands of one opcode.</summary>
internal delegate Instruction Decoder(Operands operands);
