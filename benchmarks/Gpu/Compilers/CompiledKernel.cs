namespace GpuStyle.Benchmarks;

/// <summary>What a vendor's compiler has made of a kernel.</summary>
/// <param name="Refused">What the compiler said, where it refused the kernel; null: it did not.</param>
/// <param name="Registers">32-bit registers of a thread; 0: not told.</param>
/// <param name="Spilled">
/// What a thread keeps in memory for want of registers: bytes of stack frame, spill stores and spill loads (NVIDIA), or registers; 0:
/// nothing.
/// </param>
/// <param name="Shared">Bytes of shared memory of a group.</param>
/// <param name="Loop">What the busiest innermost loop is made of; null: not looked at, or there is none.</param>
public sealed record CompiledKernel(string? Refused, int Registers = 0, int Spilled = 0, int Shared = 0, SassLoop? Loop = null);

/// <summary>Compiles one kernel's text, without a GPU.</summary>
public interface IVendorCompiler
{
    /// <summary>The GPU that is compiled for, in words.</summary>
    string Gpu { get; }

    /// <summary>Compiles a kernel.</summary>
    /// <param name="kernel">Its name among <see cref="GpuKernels.All"/>.</param>
    CompiledKernel Compile(string kernel);
}
