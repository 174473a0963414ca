using System.Runtime.CompilerServices;
using ILGPU;
using Parameters = GpuStyle.Kernels.TensorCoreConvolution.Parameters;

namespace GpuStyle.Kernels;

/// <summary>
/// What a group of <see cref="TensorCoreConvolution"/> has of its input in shared memory: for a chunk of channels a row of operands
/// (<see cref="WarpTile"/>) for each of its positions and those around them. A thread has one Word4 of every 32nd position.
/// </summary>
internal static class TensorCorePatch
{
    public const int Width = TensorCoreConvolution.Across + 2, Words = (TensorCoreConvolution.Rows + 2) * Width * WarpTile.RowWords;

    const int ZeroQuads = IlgpuStorage.Zeros / 4;

    /// <summary>What a Word4 is made of.</summary>
    internal struct Unconverted
    {
        public SourceQuad First, Second;
    }

    /// <summary>
    /// Starts reading what the given Word4 of the patch of a chunk is made of. Zeros come from outside the picture, and where there is no
    /// such Word4 or chunk.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Unconverted Read<TCore, TSource>(ArrayView<Float4> input, ArrayView<Float4> pooled, int word, int chunk, Parameters p)
        where TCore : struct, ITensorCore
        where TSource : struct, IPatchSource
    {
        // The quotient by 18, exact up to 32,000: assemblers make 20 instructions of a division.
        int position = word >> 2, row = (position * 3641) >> 16;
        int y = TensorCoreConvolution.Rows * Grid.IdxY - 1 + row, x = TensorCoreConvolution.Across * Grid.IdxX - 1 + position - row * Width;
        int quad = (chunk * WarpTile.RowWords + (word & 3)) * TCore.Quads;
        bool counts;
        uint square = 0;
        if (TSource.Spreads)
        {
            // Nothing comes from outside the wanted part, nor to a last odd row or column.
            int py = (y >> 1) - p.PooledTop, px = (x >> 1) - p.PooledLeft;
            counts = word < Words && quad < p.In && (uint)py < (uint)p.PooledHeight && (uint)px < (uint)p.PooledWidth;
            square = counts ? (uint)((py * p.PooledWidth + px) * p.In + quad) : 0;
        }
        else counts = word < Words && quad < p.In && (uint)y < (uint)p.Height && (uint)x < (uint)p.Width;
        // Zeros, where nothing counts.
        uint at = counts ? (uint)(ZeroQuads + (y * p.Width + x) * p.In + quad) : 0;
        var values = input.SubView(at);
        var gradients = pooled.SubView(square);
        Unconverted read = default;
        read.First = TSource.Read(values, gradients, 0);
        if (TCore.Quads > 1) read.Second = TSource.Read(values, gradients, 1);
        return read;
    }

    /// <summary>The Word4, once what it is made of is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Word4 Operands<TCore, TSource>(Unconverted read, float scale)
        where TCore : struct, ITensorCore
        where TSource : struct, IPatchSource
    {
        Float4 first = TSource.Value(read.First);
        return TCore.Operands(first, TCore.Quads > 1 ? TSource.Value(read.Second) : first, scale);
    }
}
