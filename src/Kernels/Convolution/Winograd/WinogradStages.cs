using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// The first two stages of a block: inputs to frequencies, and one matrix product a frequency. Every number is the same sum in
/// the same order however the tiles are put into blocks and whoever computes them.
/// </summary>
internal static unsafe class WinogradStages<TVector, TTile>
    where TVector : struct, ISimd<TVector>
    where TTile : struct, IWinogradTile
{
    const int Lanes = SimdTensor.BlockChannels;

    /// <summary>Tiles in a group.</summary>
    public static int Rows => MicroKernel<TVector, TransformedInput>.Rows;
    public static int Columns => MicroKernel<TVector, TransformedInput>.Columns;
    public static int Frequencies => TTile.Inputs * TTile.Inputs;

    /// <summary>Transforms some input groups of a group of tiles: to[frequency * InputFrequency + (input group * Rows + tile) * 16 + channel].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Input(in WinogradWork work, int group, int firstInput, int lastInput, float* to)
    {
        int n = TTile.Inputs, size = TVector.Count, first = group * Rows, count = Math.Min(Rows, work.Tiles - first);
        float* half = stackalloc float[(TTile.Inputs * TTile.Inputs + 1) * Lanes], edge = stackalloc float[(TTile.Inputs * TTile.Inputs + 1) * Lanes];
        half = Aligned(half);
        edge = Aligned(edge);
        for (int c = firstInput; c < lastInput; c++)
            for (int i = 0; i < count; i++)
            {
                float* at = to + (c * Rows + i) * Lanes;
                int y = (first + i) / work.TilesAcross * TTile.Outputs, x = (first + i) % work.TilesAcross * TTile.Outputs;
                float* from = work.Input + c * work.InputGroupFloats + y * work.RowFloats + x * Lanes;
                nint row = work.RowFloats;
                // The border of zeros is one pixel wide: a last tile that overhangs more is completed with zeros here.
                if (y + TTile.Outputs > work.Height || x + TTile.Outputs > work.Width)
                {
                    Gather(from, row, Math.Min(n, work.Height + 2 - y), Math.Min(n, work.Width + 2 - x), edge);
                    from = edge;
                    row = n * Lanes;
                }
                for (int lane = 0; lane < Lanes; lane += size)
                {
                    for (int j = 0; j < n; j++) TTile.Input<TVector, StoreSink<TVector>>(from + j * Lanes + lane, row, new(half + j * size, n * size));
                    for (int j = 0; j < n; j++) TTile.Input<TVector, StoreSink<TVector>>(half + j * n * size, size, new(at + j * n * work.InputFrequency + lane, work.InputFrequency));
                }
            }
    }

    /// <summary>products[f][group][panel] = inputs[f][group] weights[f][panel], for one frequency and some panels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(in WinogradWork work, int frequency, int firstGroup, int groups, int firstPanel, int lastPanel, nint* segments, float* inputs, float* products)
    {
        int tile = Rows * Columns;
        nint groupInputs = (nint)work.InputGroups * Lanes * Rows, groupProducts = (nint)work.Panels * tile, line = Math.Min(Columns, Lanes);
        float* weights = work.Weights + frequency * work.WeightFrequency + (nint)firstPanel * work.PanelFloats;
        inputs += frequency * work.InputFrequency;
        products += frequency * work.ProductFrequency + firstPanel * tile;
        for (int panel = firstPanel; panel < lastPanel; panel++, weights += work.PanelFloats, products += tile)
            for (int part = 0, count; part < work.InputGroups; part += count)
            {
                float* own = weights + (nint)part * Lanes * Columns;
                count = Math.Min(TTile.SummedGroups, work.InputGroups - part);
                for (int g = 0; g < groups; g++)
                {
                    // The first groups ask for the panel behind this one, a line for each row of weights.
                    bool ahead = g * line < Columns;
                    MicroKernel<TVector, TransformedInput>.Run(inputs + g * groupInputs, segments + part, count, own, products + g * groupProducts,
                        ahead ? own + work.PanelFloats + g * line * count * Lanes : own, ahead ? line : 0, work.Tiles - (firstGroup + g) * Rows, add: part > 0);
                }
            }
    }

    /// <summary>The first line boundary: vectors that lie across two lines are slow to store and load again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* Aligned(float* memory) => (float*)(((nint)memory + 63) & ~63);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Gather(float* from, nint row, int rows, int columns, float* edge)
    {
        new Span<float>(edge, Frequencies * Lanes).Clear();
        for (int y = 0; y < rows; y++) new Span<float>(from + y * row, columns * Lanes).CopyTo(new Span<float>(edge + y * TTile.Inputs * Lanes, columns * Lanes));
    }
}
