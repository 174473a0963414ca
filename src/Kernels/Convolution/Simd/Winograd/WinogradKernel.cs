using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>One direction's 3x3 weights as they come, [K, C, 3, 3], for their transform.</summary>
internal unsafe struct WinogradKernel
{
    const int Taps = SimdWeights.Taps;

    /// <summary>The weights.</summary>
    public required float* Data;

    /// <summary>Channels of this direction, and floats from one to the next.</summary>
    public required int Outputs, Inputs;
    public required nint OutputStride, InputStride;

    /// <summary>Whether the taps are turned by 180 degrees: for the data gradient.</summary>
    public required bool Turned;

    /// <summary>The floats that <see cref="Transform"/> works in.</summary>
    public static int SpaceFloats<TVector, TTile>()
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile => Taps * WinogradStages<TVector, TTile>.Columns + TTile.Inputs * 3 * TVector.Count;

    /// <summary>G g G^T of one input and a panel of outputs: to[frequency * <paramref name="step"/> + output of the panel], 0 where there are no more outputs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Transform<TVector, TTile>(int panel, int input, float* to, nint step, float* space)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile
    {
        int columns = WinogradStages<TVector, TTile>.Columns, n = TTile.Inputs, size = TVector.Count, count = Math.Min(columns, Outputs - panel * columns);
        float* taps = space, half = space + Taps * columns;
        if (count < columns) new Span<float>(taps, Taps * columns).Clear();
        for (int o = 0; o < count; o++)
        {
            float* from = Data + (panel * columns + o) * OutputStride + input * InputStride;
            for (int tap = 0; tap < Taps; tap++) taps[tap * columns + o] = from[Turned ? Taps - 1 - tap : tap];
        }
        for (int o = 0; o < columns; o += size)
        {
            for (int x = 0; x < 3; x++) TTile.Weights<TVector, StoreSink<TVector>>(taps + x * columns + o, 3 * columns, new(half + x * size, 3 * size));
            for (int y = 0; y < n; y++) TTile.Weights<TVector, StoreSink<TVector>>(half + y * 3 * size, size, new(to + y * n * step + o, step));
        }
    }
}
