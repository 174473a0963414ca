using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// How a matrix product is spread over a group. One thread computes 4 rows (positions, or Gram rows) by 16 columns (channels);
/// <see cref="Lanes"/> threads side by side make a tile of 16 Lanes channels, their quads of channels interleaved so that
/// neighbouring threads read neighbouring memory. Channels are padded to whole tiles. Constants of a type, because ILGPU folds
/// them when it compiles a kernel for that type.
/// </summary>
internal interface ITiling
{
    /// <summary>Threads side by side along channels.</summary>
    static abstract int Lanes { get; }
}

/// <summary>For OpenCL on a host's cores: a thread's 16 channels are adjacent, one or two vector registers.</summary>
internal readonly struct HostTiling : ITiling
{
    public static int Lanes => 1;
}

/// <summary>For GPUs: tiles of 64 channels.</summary>
internal readonly struct GpuTiling : ITiling
{
    public static int Lanes => 4;
}

/// <summary>
/// The 4 x 16 sums of one thread: rows A to D, four quads each. Fields, not an array: ILGPU puts arrays that are indexed by a
/// variable into slow memory and unrolls no loops.
/// </summary>
internal struct Tile
{
    public Float4 A0, A1, A2, A3, B0, B1, B2, B3, C0, C1, C2, C3, D0, D1, D2, D3;

    /// <summary>
    /// Adds the outer product of a column (a, b, c, d) and 16 values, read from <paramref name="right"/> at
    /// <paramref name="at"/> and at the next three multiples of <paramref name="stride"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref Tile t, float a, float b, float c, float d, ArrayView<Float4> right, long at, int stride)
    {
        Float4 r0 = right[at], r1 = right[at + stride], r2 = right[at + 2 * stride], r3 = right[at + 3 * stride];
        Float4.AddScaled(ref t.A0, a, r0); Float4.AddScaled(ref t.A1, a, r1); Float4.AddScaled(ref t.A2, a, r2); Float4.AddScaled(ref t.A3, a, r3);
        Float4.AddScaled(ref t.B0, b, r0); Float4.AddScaled(ref t.B1, b, r1); Float4.AddScaled(ref t.B2, b, r2); Float4.AddScaled(ref t.B3, b, r3);
        Float4.AddScaled(ref t.C0, c, r0); Float4.AddScaled(ref t.C1, c, r1); Float4.AddScaled(ref t.C2, c, r2); Float4.AddScaled(ref t.C3, c, r3);
        Float4.AddScaled(ref t.D0, d, r0); Float4.AddScaled(ref t.D1, d, r1); Float4.AddScaled(ref t.D2, d, r2); Float4.AddScaled(ref t.D3, d, r3);
    }
}
