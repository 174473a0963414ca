using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// How transformed inputs and weights are stored, and their products. Every number is the same sum in the same order however the tiles are
/// put into blocks and whoever computes them.
/// <code>
/// inputs  [frequency][group][C/16][row][16]
/// weights [frequency][panel][C][columns]
/// </code>
/// </summary>
internal static unsafe class WinogradOperands<TVector, TTile>
    where TVector : struct, ISimd<TVector>
    where TTile : struct, IWinogradTile
{
    const int Lanes = SimdTensor.BlockChannels;

    /// <summary>Floats of a group of tiles' inputs at one frequency.</summary>
    public static int InputFloats(int inputGroups) => inputGroups * Lanes * WinogradStages<TVector, TTile>.Rows;

    /// <summary>Floats of a panel of weights at one frequency.</summary>
    public static int PanelFloats(int inputGroups) => inputGroups * Lanes * WinogradStages<TVector, TTile>.Columns;

    /// <summary>Transforms some input groups of a group of tiles; <paramref name="to"/> is that group's place at frequency 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Input(in WinogradWork work, int group, int firstInput, int lastInput, float* to)
    {
        int rows = WinogradStages<TVector, TTile>.Rows, first = group * rows, count = Math.Min(rows, work.Tiles - first);
        float* space = stackalloc float[WinogradStages<TVector, TTile>.SpaceFloats + Lanes];
        space = NativeBlock.Aligned(space);
        for (int c = firstInput; c < lastInput; c++)
            for (int i = 0; i < count; i++)
                WinogradStages<TVector, TTile>.Transform(work, first + i, c, to + (c * rows + i) * Lanes, work.InputFrequency, space);
    }

    /// <summary>products[f][group][panel] = inputs[f][group] weights[f][panel], for one frequency and some panels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        in WinogradWork work, int frequency, int firstGroup, int groups, int firstPanel, int lastPanel, nint* segments, float* inputs,
        float* products)
    {
        int rows = WinogradStages<TVector, TTile>.Rows, columns = WinogradStages<TVector, TTile>.Columns, tile = rows * columns;
        nint groupInputs = InputFloats(work.InputGroups), groupProducts = (nint)work.Panels * tile, line = Math.Min(columns, Lanes);
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

    /// <summary>
    /// Stores a panel's transformed weights of an input group; <paramref name="to"/> is the panel's place at frequency 0.
    /// </summary>
    /// <param name="source">The weights before they are transformed.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="input">The group.</param>
    /// <param name="to">Results.</param>
    /// <param name="frequencyFloats">Floats from one frequency to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Weights(in WinogradKernel source, int panel, int input, float* to, nint frequencyFloats)
    {
        int columns = WinogradStages<TVector, TTile>.Columns, first = input * Lanes;
        float* space = stackalloc float[WinogradKernel.SpaceFloats<TVector, TTile>()];
        for (int i = first; i < Math.Min(source.Inputs, first + Lanes); i++) source.Transform<TVector, TTile>(panel, i, to + i * columns, frequencyFloats, space);
    }
}
