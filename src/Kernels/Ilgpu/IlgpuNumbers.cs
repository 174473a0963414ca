using System.Runtime.InteropServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Numbers of the host that reach the device as a kernel's arguments, up to 512 bytes a launch. For a copy the host would have to wait, and
/// a graph holds none.
/// </summary>
internal sealed class IlgpuNumbers(IlgpuDevice device)
{
    /// <summary>4-byte values of a launch.</summary>
    public const int Words = 128;

    readonly Action<KernelConfig, ArrayView<uint>, Words128> put = device.Load<ArrayView<uint>, Words128>(Put);

    internal struct Words16
    {
        public Word4 A, B, C, D;
    }

    internal struct Words64
    {
        public Words16 A, B, C, D;
    }

    internal struct Words128
    {
        public Words64 A, B;
    }

    /// <summary>Overwrites memory of the device with as many values.</summary>
    public void Write(ReadOnlySpan<uint> words, ArrayView<uint> target)
    {
        for (int i = 0; i < words.Length; i += Words)
        {
            int count = Math.Min(Words, words.Length - i);
            Words128 arguments = default;
            words.Slice(i, count).CopyTo(MemoryMarshal.Cast<Words128, uint>(new Span<Words128>(ref arguments)));
            put(device.Groups(1, 1, 1), target.SubView(i, count), arguments);
        }
    }

    /// <summary>One thread: the values are where every thread would read them from.</summary>
    internal static void Put(ArrayView<uint> target, Words128 words)
    {
        Put(target, 0, words.A);
        Put(target, 64, words.B);
    }

    static void Put(ArrayView<uint> target, int at, Words64 words)
    {
        if (at >= target.Length) return;
        Put(target, at, words.A);
        Put(target, at + 16, words.B);
        Put(target, at + 32, words.C);
        Put(target, at + 48, words.D);
    }

    static void Put(ArrayView<uint> target, int at, Words16 words)
    {
        if (at >= target.Length) return;
        Put(target, at, words.A);
        Put(target, at + 4, words.B);
        Put(target, at + 8, words.C);
        Put(target, at + 12, words.D);
    }

    static void Put(ArrayView<uint> target, int at, Word4 words)
    {
        if (at < target.Length) target[at] = words.X;
        if (at + 1 < target.Length) target[at + 1] = words.Y;
        if (at + 2 < target.Length) target[at + 2] = words.Z;
        if (at + 3 < target.Length) target[at + 3] = words.W;
    }
}
