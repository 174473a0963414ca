using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>What the stages of a Winograd convolution have in common, whatever it multiplies in.</summary>
internal static unsafe class WinogradStages<TVector, TTile>
    where TVector : struct, ISimd<TVector>
    where TTile : struct, IWinogradTile
{
    const int Lanes = SimdTensor.BlockChannels;

    /// <summary>Tiles in a group.</summary>
    public static int Rows => MicroKernel<TVector, TransformedInput>.Rows;
    public static int Columns => MicroKernel<TVector, TransformedInput>.Columns;
    public static int Frequencies => TTile.Inputs * TTile.Inputs;

    /// <summary>Floats that <see cref="Transform"/> works in, lines of the cache if the place is aligned.</summary>
    public static int SpaceFloats => 2 * Frequencies * Lanes;

    /// <summary>B^T d B of one tile and one group of sixteen inputs: to[frequency * <paramref name="step"/> + channel].</summary>
    /// <param name="work">Where inputs lie.</param>
    /// <param name="tile">The tile.</param>
    /// <param name="input">The group of inputs.</param>
    /// <param name="to">Results.</param>
    /// <param name="step">Floats from one frequency to the next.</param>
    /// <param name="space"><see cref="SpaceFloats"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transform(in WinogradWork work, int tile, int input, float* to, nint step, float* space)
    {
        int n = TTile.Inputs, size = TVector.Count;
        float* edge = space + Frequencies * Lanes;
        int y = tile / work.TilesAcross * TTile.Outputs, x = tile % work.TilesAcross * TTile.Outputs;
        float* from = work.Input + input * work.InputGroupFloats + y * work.RowFloats + x * Lanes;
        nint row = work.RowFloats;
        if (work.InputPooling.Any)
        {
            work.InputPooling.Gradient<TVector>(input, y - 1, x - 1, n, edge);
            from = edge;
            row = n * Lanes;
        }
        // The border of zeros is one pixel wide: a last tile that overhangs more is completed with zeros here.
        else if (y + TTile.Outputs > work.Height || x + TTile.Outputs > work.Width)
        {
            Gather(from, row, Math.Min(n, work.Height + 2 - y), Math.Min(n, work.Width + 2 - x), edge);
            from = edge;
            row = n * Lanes;
        }
        for (int lane = 0; lane < Lanes; lane += size)
        {
            for (int j = 0; j < n; j++) TTile.Input<TVector, StoreSink<TVector>>(from + j * Lanes + lane, row, new(space + j * size, n * size));
            for (int j = 0; j < n; j++) TTile.Input<TVector, StoreSink<TVector>>(space + j * n * size, size, new(to + j * n * step + lane, step));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Gather(float* from, nint row, int rows, int columns, float* edge)
    {
        new Span<float>(edge, Frequencies * Lanes).Clear();
        for (int y = 0; y < rows; y++) new Span<float>(from + y * row, columns * Lanes).CopyTo(new Span<float>(edge + y * TTile.Inputs * Lanes, columns * Lanes));
    }
}
