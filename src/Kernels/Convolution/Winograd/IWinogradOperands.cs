namespace GpuStyle.Kernels;

/// <summary>
/// What a Winograd convolution multiplies in: how transformed inputs and weights are stored, and their products. Every number is the same sum in
/// the same order however the tiles are put into blocks and whoever computes them. Products are float32 in each.
/// </summary>
internal unsafe interface IWinogradOperands
{
    /// <summary>Input groups of which <see cref="Input"/> takes whole multiples, but at the end.</summary>
    static abstract int InputUnit { get; }

    /// <summary>Floats' worth of a group of tiles' inputs at one frequency.</summary>
    static abstract int InputFloats<TVector, TTile>(int inputGroups)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile;

    /// <summary>Floats' worth of a panel of weights at one frequency.</summary>
    static abstract int PanelFloats<TVector, TTile>(int inputGroups)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile;

    /// <summary>Transforms some input groups of a group of tiles; <paramref name="to"/> is that group's place at frequency 0.</summary>
    static abstract void Input<TVector, TTile>(in WinogradWork work, int group, int firstInput, int lastInput, float* to)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile;

    /// <summary>products[f][group][panel] = inputs[f][group] weights[f][panel], for one frequency and some panels.</summary>
    static abstract void Multiply<TVector, TTile>(in WinogradWork work, int frequency, int firstGroup, int groups, int firstPanel, int lastPanel, nint* segments, float* inputs, float* products)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile;

    /// <summary>Stores a panel's transformed weights of up to <see cref="InputUnit"/> input groups; <paramref name="to"/> is the panel's place at frequency 0.</summary>
    /// <param name="source">The weights before they are transformed.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="firstInput">The first of these groups.</param>
    /// <param name="to">Results.</param>
    /// <param name="frequencyFloats">Floats from one frequency to the next.</param>
    static abstract void Weights<TVector, TTile>(in WinogradKernel source, int panel, int firstInput, float* to, nint frequencyFloats)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile;
}
