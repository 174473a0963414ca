using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// A 2x2 pooling beside a Winograd convolution, tile by tile while the tile is in the first-level cache: of what the convolution writes, or, backwards, the
/// gradient of an average pooling that it reads, which then is nowhere stored. Where a mask is given, of what is pooled forwards only that is kept: whether it
/// is positive, which is all that the way back needs. Formulas and the window in <see cref="IPooling"/>.
/// </summary>
internal readonly unsafe struct WinogradPooling(PoolingKind kind, SimdTensor pooled, Corner corner, SimdTensor? mask)
{
    const int Lanes = SimdTensor.BlockChannels;

    readonly bool mean = IPooling.IsMean(kind);
    readonly float* maps = pooled.Pixel(0);
    readonly nint groupFloats = pooled.GroupFloats, rowFloats = pooled.RowFloats;
    readonly Region window = new(corner.Top, corner.Left, pooled.Shape.Height, pooled.Shape.Width);
    readonly ushort* maskBits = mask is null ? null : (ushort*)mask.Data;
    readonly int maskHeight = mask?.Shape.Height ?? 0, maskWidth = mask?.Shape.Width ?? 0;

    /// <summary>Whether there is a pooling at all.</summary>
    public bool Any => maps is not null;

    /// <summary>Pools a tile of outputs, and keeps their mask where one is given.</summary>
    /// <param name="tile">The outputs of a group of channels, [<paramref name="pitch"/>][pitch][16].</param>
    /// <param name="pitch">Places in a row of <paramref name="tile"/>.</param>
    /// <param name="group">The group.</param>
    /// <param name="y">Where the tile begins in the map: even.</param>
    /// <param name="x">Likewise.</param>
    /// <param name="height">Rows of the tile that are in the map; an odd last one is dropped.</param>
    /// <param name="width">Likewise.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward<TVector>(float* tile, int pitch, int group, int y, int x, int height, int width)
        where TVector : struct, ISimd<TVector>
    {
        var (top, bottom) = Within(y / 2, y / 2 + height / 2, window.Top, window.Height);
        var (left, right) = Within(x / 2, x / 2 + width / 2, window.Left, window.Width);
        nint row = pitch * Lanes;
        for (int j = top; j < bottom; j++)
        {
            float* from = tile + (2 * j - y) * row + (2 * left - x) * Lanes, to = maps + group * groupFloats + (j - window.Top) * rowFloats + (left - window.Left) * Lanes;
            ushort* bits = maskBits is null ? null : Mask(group, 2 * j, 2 * left);
            for (int i = left; i < right; i++, from += 2 * Lanes, to += Lanes)
            {
                for (int lane = 0; lane < Lanes; lane += TVector.Count)
                {
                    TVector p = TVector.Load(from + lane), q = TVector.Load(from + Lanes + lane), r = TVector.Load(from + row + lane), s = TVector.Load(from + row + Lanes + lane);
                    TVector.Store(mean
                        ? TVector.Multiply(TVector.Create(0.25f), TVector.Add(TVector.Add(TVector.Add(p, q), r), s))
                        : TVector.Max(TVector.Max(p, q), TVector.Max(r, s)), to + lane);
                }
                if (bits is null) continue;
                bits[0] = Positive<TVector>(from);
                bits[1] = Positive<TVector>(from + Lanes);
                bits[maskWidth] = Positive<TVector>(from + row);
                bits[maskWidth + 1] = Positive<TVector>(from + row + Lanes);
                bits += 2;
            }
        }
    }

    /// <summary>The gradient of an average pooling where a tile reads it, masked.</summary>
    /// <param name="group">The group of channels.</param>
    /// <param name="y">The first place in the map, which may lie in the border: from -1 on.</param>
    /// <param name="x">Likewise.</param>
    /// <param name="size">Places along an edge of the tile.</param>
    /// <param name="tile">The result, [size][size][16]: 0 outside the map and the window.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Gradient<TVector>(int group, int y, int x, int size, float* tile)
        where TVector : struct, ISimd<TVector>
    {
        var (top, bottom) = Within(y, y + size, 2 * window.Top, 2 * window.Height);
        var (left, right) = Within(x, x + size, 2 * window.Left, 2 * window.Width);
        if (bottom - top < size || right - left < size) new Span<float>(tile, size * size * Lanes).Clear();
        if (right <= left) return;
        for (int j = top; j < bottom; j++)
        {
            ushort* bits = Mask(group, j, left);
            float* to = tile + ((j - y) * size + left - x) * Lanes, end = to + (right - left) * Lanes;
            float* gradient = maps + group * groupFloats + (j / 2 - window.Top) * rowFloats + (left / 2 - window.Left) * Lanes;
            if (left % 2 != 0)
            {
                Share<TVector>(1, bits++, gradient, to);
                gradient += Lanes;
                to += Lanes;
            }
            for (; to < end - Lanes; bits += 2, gradient += Lanes, to += 2 * Lanes) Share<TVector>(2, bits, gradient, to);
            if (to < end) Share<TVector>(1, bits, gradient, to);
        }
    }

    /// <summary>A quarter of a gradient to one or both of two places side by side, where the mask has a bit: the low sixteen of 32, which are loaded into all lanes at once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Share<TVector>(int places, ushort* bits, float* gradient, float* to)
        where TVector : struct, ISimd<TVector>
    {
        for (int lane = 0; lane < Lanes; lane += TVector.Count)
        {
            TVector share = TVector.Multiply(TVector.Create(0.25f), TVector.Load(gradient + lane));
            TVector.Store(TVector.Where((uint*)bits, lane, share), to + lane);
            if (places == 2) TVector.Store(TVector.Where((uint*)(bits + 1), lane, share), to + Lanes + lane);
        }
    }

    /// <summary>The mask of a group's channels at a place.</summary>
    ushort* Mask(int group, int y, int x) => maskBits + ((nint)group * maskHeight + y) * maskWidth + x;

    /// <summary>Which of sixteen values are positive.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ushort Positive<TVector>(float* values)
        where TVector : struct, ISimd<TVector>
    {
        uint bits = 0;
        for (int lane = 0; lane < Lanes; lane += TVector.Count) bits |= TVector.Positive(TVector.Load(values + lane)) << lane;
        return (ushort)bits;
    }

    /// <summary>What of the places from <paramref name="begin"/> to before <paramref name="end"/> lies in a window.</summary>
    static (int Begin, int End) Within(int begin, int end, int first, int count) => (Math.Max(begin, first), Math.Min(end, first + count));
}
