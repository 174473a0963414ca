using System.Runtime.CompilerServices;
using ILGPU;
using Parameters = GpuStyle.Kernels.TensorCoreConvolution.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// What <see cref="TensorCoreConvolution"/> does with its sums: finishes, stores and pools them, and finds the largest that is stored.
/// </summary>
internal static class TensorCoreEpilogue
{
    /// <summary>Stores a warp's first or second sums, times a factor. <paramref name="most"/> is raised to the largest magnitude.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TWidth>(WarpTile t, int part, float factor, ArrayView<Float4> bias, ArrayView<Float4> mask,
        ArrayView<Float4> output, ArrayView<Float4> pooled, ref float most, Parameters p)
        where TWidth : struct, ITensorWidth
    {
        // Four rows of 16 positions, of which the thread has two in eight, and a quad of channels.
        int thread = Group.IdxX, y = TensorCoreConvolution.Rows * Grid.IdxY + ((thread & 32) >> 3);
        int x = TensorCoreConvolution.Across * Grid.IdxX + 2 * (thread & 3);
        int column = ((2 * Grid.IdxZ + (thread >> 6)) * TWidth.Blocks + part) * WarpTile.Channels / 4 + ((thread >> 2) & 7);
        StoreSquare(t.A0, t.B0, t.A2, t.B2, factor, bias, mask, output, pooled, y, x, column, ref most, p);
        StoreSquare(t.A1, t.B1, t.A3, t.B3, factor, bias, mask, output, pooled, y, x + 8, column, ref most, p);
        StoreSquare(t.A4, t.B4, t.A6, t.B6, factor, bias, mask, output, pooled, y + 2, x, column, ref most, p);
        StoreSquare(t.A5, t.B5, t.A7, t.B7, factor, bias, mask, output, pooled, y + 2, x + 8, column, ref most, p);
    }

    /// <summary>Raises the slot of what goes out to the largest that the group's threads have.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Raise(ArrayView<int> largest, float most, ArrayView<float> shared, Parameters p)
    {
        int thread = Group.IdxX;
        Group.Barrier();
        shared[thread] = most;
        Group.Barrier();
        if (thread < 32)
        {
            for (int other = thread + 32; other < TensorCoreConvolution.Threads; other += 32)
                most = OperandScale.Larger(most, shared[other]);
            shared[thread] = most;
        }
        Group.Barrier();
        if (thread != 0) return;
        for (int other = 1; other < 32; other++) most = OperandScale.Larger(most, shared[other]);
        OperandScale.Raise(largest, p.LargestOut, most);
    }

    /// <summary>
    /// A quad of channels of the square whose upper left position is (y, x), of two fragments of its upper row and two of its lower.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void StoreSquare(Float4 upperA, Float4 upperB, Float4 lowerA, Float4 lowerB, float factor, ArrayView<Float4> bias,
        ArrayView<Float4> mask, ArrayView<Float4> output, ArrayView<Float4> pooled, int y, int x, int column, ref float most, Parameters p)
    {
        Float4 a = WarpTile.Quad(upperA, upperB, false, factor), b = WarpTile.Quad(upperA, upperB, true, factor);
        Float4 c = WarpTile.Quad(lowerA, lowerB, false, factor), d = WarpTile.Quad(lowerA, lowerB, true, factor);
        bool own = x < p.Width, beside = x + 1 < p.Width, here = y < p.Height, below = y + 1 < p.Height;
        int upper = y * p.Width + x, lower = upper + p.Width;
        // Outside nothing is stored and nothing counts.
        a = here && own ? TiledConvolution.Store(a, bias, mask, output, Start(upper, p), column, p.Flags) : default;
        b = here && beside ? TiledConvolution.Store(b, bias, mask, output, Start(upper + 1, p), column, p.Flags) : default;
        c = below && own ? TiledConvolution.Store(c, bias, mask, output, Start(lower, p), column, p.Flags) : default;
        d = below && beside ? TiledConvolution.Store(d, bias, mask, output, Start(lower + 1, p), column, p.Flags) : default;
        if ((p.Flags & (TensorCoreConvolution.Average | TensorCoreConvolution.Largest)) == 0)
        {
            most = OperandScale.Larger(OperandScale.Larger(OperandScale.Larger(OperandScale.Larger(most, a), b), c), d);
            return;
        }
        int py = y / 2 - p.PooledTop, px = x / 2 - p.PooledLeft;
        if ((uint)py >= (uint)p.PooledHeight || (uint)px >= (uint)p.PooledWidth) return;
        Float4 one = (p.Flags & TensorCoreConvolution.Largest) != 0 ? IlgpuPooling.Largest(a, b, c, d) : IlgpuPooling.Mean(a, b, c, d);
        pooled[Start(py * p.PooledWidth + px, p) + column] = one;
        most = OperandScale.Larger(most, one);
    }

    /// <summary>Where the channels of a position begin. What is not signed is one multiplication.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static long Start(int position, Parameters p) => (long)((ulong)(uint)position * (uint)p.Out);
}
