using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// float32:
/// <code>
/// inputs  [frequency][group][C/16][row][16]
/// weights [frequency][panel][C][columns]
/// </code>
/// </summary>
internal readonly unsafe struct Float32Operands : IWinogradOperands
{
    const int Lanes = SimdTensor.BlockChannels;

    public static int InputUnit => 1;

    public static int InputFloats<TVector, TTile>(int inputGroups)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile => inputGroups * Lanes * WinogradStages<TVector, TTile>.Rows;

    public static int PanelFloats<TVector, TTile>(int inputGroups)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile => inputGroups * Lanes * WinogradStages<TVector, TTile>.Columns;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Input<TVector, TTile>(in WinogradWork work, int group, int firstInput, int lastInput, float* to)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile
    {
        int rows = WinogradStages<TVector, TTile>.Rows, first = group * rows, count = Math.Min(rows, work.Tiles - first);
        float* space = stackalloc float[WinogradStages<TVector, TTile>.SpaceFloats + Lanes];
        space = NativeBlock.Aligned(space);
        for (int c = firstInput; c < lastInput; c++)
            for (int i = 0; i < count; i++)
                WinogradStages<TVector, TTile>.Transform(work, first + i, c, to + (c * rows + i) * Lanes, work.InputFrequency, space);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TVector, TTile>(in WinogradWork work, int frequency, int firstGroup, int groups, int firstPanel, int lastPanel, nint* segments, float* inputs, float* products)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile
    {
        int rows = WinogradStages<TVector, TTile>.Rows, columns = WinogradStages<TVector, TTile>.Columns, tile = rows * columns;
        nint groupInputs = InputFloats<TVector, TTile>(work.InputGroups), groupProducts = (nint)work.Panels * tile, line = Math.Min(columns, Lanes);
        float* weights = work.Weights + frequency * work.WeightFrequency + (nint)firstPanel * work.PanelFloats;
        inputs += frequency * work.InputFrequency;
        products += frequency * work.ProductFrequency + firstPanel * tile;
        for (int panel = firstPanel; panel < lastPanel; panel++, weights += work.PanelFloats, products += tile)
            for (int part = 0, count; part < work.InputGroups; part += count)
            {
                float* own = weights + (nint)part * Lanes * columns;
                count = Math.Min(TTile.SummedGroups, work.InputGroups - part);
                for (int g = 0; g < groups; g++)
                {
                    // The first groups ask for the panel behind this one, a line for each row of weights.
                    bool ahead = g * line < columns;
                    MicroKernel<TVector, TransformedInput>.Run(inputs + g * groupInputs, segments + part, count, own, products + g * groupProducts,
                        ahead ? own + work.PanelFloats + g * line * count * Lanes : own, ahead ? line : 0, work.Tiles - (firstGroup + g) * rows, add: part > 0);
                }
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Weights<TVector, TTile>(in WinogradKernel source, int panel, int firstInput, float* to, nint frequencyFloats)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile
    {
        int columns = WinogradStages<TVector, TTile>.Columns, first = firstInput * Lanes;
        float* space = stackalloc float[WinogradKernel.SpaceFloats<TVector, TTile>()];
        for (int i = first; i < Math.Min(source.Inputs, first + Lanes); i++) source.Transform<TVector, TTile>(panel, i, to + i * columns, frequencyFloats, space);
    }
}
