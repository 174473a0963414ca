using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GpuStyle.Kernels;

/// <summary>
/// Zeroed native memory between two guard bands of marked floats. The band behind also is what a kernel may read (never
/// write) when its last tile reaches past the end of a tensor. Large blocks ask Linux for huge pages, as many as they fill; fresh ones are left as the system gives them, so that it clears each where
/// and when a worker first comes to it. Freed by its owner or, at the latest, with its device: it has no finaliser of its own.
/// </summary>
internal sealed unsafe partial class NativeBlock
{
    /// <summary>Floats in each guard band: more than sixteen pixels of sixteen channels.</summary>
    public const int Guard = 512;

    const uint Mark = 0x7FC5A5A5;
    const int HugePage = 2 << 20, Advise = 14;

    readonly void* taken;
    float* memory;

    public NativeBlock(long floats)
    {
        Floats = floats;
        int boundary = Bytes >= HugePage ? HugePage : 64;
        taken = NativeMemory.AllocZeroed((nuint)Bytes + (nuint)boundary);
        memory = (float*)(((nint)taken + boundary - 1) & -boundary);
        if (Bytes >= HugePage && OperatingSystem.IsLinux()) _ = MAdvise(memory, (nuint)(Bytes / HugePage * HugePage), Advise);
        new Span<uint>(memory, Guard).Fill(Mark);
        new Span<uint>(memory + Guard + floats, Guard).Fill(Mark);
    }

    /// <summary>Whether tensors of different shapes have lain here: the border of one may hold what another left.</summary>
    public bool Reshaped { get; set; }

    /// <summary>Floats between the guard bands.</summary>
    public long Floats { get; }

    /// <summary>Bytes taken, guard bands included.</summary>
    public long Bytes => BytesFor(Floats);

    /// <summary>The first line boundary of memory on the stack: vectors that lie across two lines are slow to store and load again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* Aligned(float* memory) => (float*)(((nint)memory + 63) & ~63);

    public static long BytesFor(long floats) => (floats + 2 * Guard) * sizeof(float);

    /// <summary>The first float, on a 64-byte boundary.</summary>
    public float* Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(memory is null, typeof(Tensor));
            return memory + Guard;
        }
    }

    public bool GuardsIntact =>
        new Span<uint>(Data - Guard, Guard).ContainsAnyExcept(Mark) is false && new Span<uint>(Data + Floats, Guard).ContainsAnyExcept(Mark) is false;

    public void Free()
    {
        if (memory is not null) NativeMemory.Free(taken);
        memory = null;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MAdvise(void* address, nuint length, int advice);
}
