using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace GpuStyle.Kernels;

/// <summary>What the host's processor is called, and its cache.</summary>
internal static class Processor
{
    /// <summary>The brand string on x86, otherwise the architecture.</summary>
    public static string Name { get; } = ReadName();

    /// <summary>The instruction set behind vectors of this many bits.</summary>
    public static string VectorName(int bits) => bits switch
    {
        512 => "AVX-512",
        256 => "AVX2",
        _ => AdvSimd.IsSupported ? "NEON" : Avx.IsSupported ? "AVX" : "SSE",
    };

    /// <summary>Asks for what lies at <paramref name="count"/> places into the first-level cache; the address need not be valid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch(float* first, int count, int stride)
    {
        if (!Sse.IsSupported) return;
        for (int i = 0; i < count; i++) Sse.Prefetch0(first + i * stride);
    }

    /// <summary>Asks for the line at an address into the second-level cache; the address need not be valid.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void PrefetchToSecondLevel(float* line)
    {
        if (Sse.IsSupported) Sse.Prefetch1(line);
    }

    static string ReadName()
    {
        const int Extended = int.MinValue, Brand = Extended + 2;
        if (!X86Base.IsSupported || (uint)X86Base.CpuId(Extended, 0).Eax < 0x80000004) return $"{RuntimeInformation.ProcessArchitecture}";
        Span<int> registers = stackalloc int[12];
        for (int i = 0; i < 3; i++)
            (registers[4 * i], registers[4 * i + 1], registers[4 * i + 2], registers[4 * i + 3]) = X86Base.CpuId(Brand + i, 0);
        return Encoding.ASCII.GetString(MemoryMarshal.AsBytes(registers)).Trim('\0', ' ');
    }
}
