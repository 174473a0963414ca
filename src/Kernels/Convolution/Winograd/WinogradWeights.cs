using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// One direction's weights, transformed: G g G^T of every pair of channels, [frequency][panel][input][output of the panel], 0
/// where there are more places than channels.
/// </summary>
internal sealed unsafe class WinogradWeights<TTile> : DirectionWeights
    where TTile : struct, IWinogradTile
{
    WinogradWeights(NativeBlock block, int inputs, int outputs, int panels, int panelFloats, nint frequencyFloats)
        : base(block, inputs, outputs) => (Panels, PanelFloats, FrequencyFloats) = (panels, panelFloats, frequencyFloats);

    public int Panels { get; }
    public int PanelFloats { get; }
    public nint FrequencyFloats { get; }

    /// <summary>Transforms [K, C, 3, 3] weights. <paramref name="turned"/>: for the data gradient.</summary>
    public static WinogradWeights<TTile> Transform<TVector>(SimdDevice device, float* kernel, int k, int c, bool turned)
        where TVector : struct, ISimd<TVector>
    {
        var (outputs, inputs) = turned ? (c, k) : (k, c);
        int stored = SimdTensor.WholeGroups(inputs);
        var (panels, panelFloats, frequencyFloats, floats) = Sizes<TVector>(outputs, inputs);
        var block = device.Reserve(floats);
        nint row = (nint)c * SimdWeights.Taps, outputStride = turned ? SimdWeights.Taps : row, inputStride = turned ? row : SimdWeights.Taps;
        device.Run(new TransformJob<TVector>(kernel, outputs, inputs, outputStride, inputStride, turned, block.Data, frequencyFloats, panelFloats, stored / SimdTensor.BlockChannels),
            panels * (stored / SimdTensor.BlockChannels));
        return new WinogradWeights<TTile>(block, inputs, outputs, panels, panelFloats, frequencyFloats);
    }

    /// <summary>Panels, floats of a panel, of a frequency and of all.</summary>
    public static (int Panels, int PanelFloats, nint FrequencyFloats, long Floats) Sizes<TVector>(int outputs, int inputs)
        where TVector : struct, ISimd<TVector>
    {
        int columns = WinogradStages<TVector, TTile>.Columns, panels = (SimdTensor.WholeGroups(outputs) + columns - 1) / columns, panelFloats = SimdTensor.WholeGroups(inputs) * columns;
        // One line more than needed, so that frequencies do not compete for the same places of the cache.
        nint frequencyFloats = (nint)panels * panelFloats + SimdTensor.BlockChannels;
        return (panels, panelFloats, frequencyFloats, (long)frequencyFloats * WinogradStages<TVector, TTile>.Frequencies);
    }

    /// <summary>An item is a panel of outputs times sixteen inputs.</summary>
    readonly struct TransformJob<TVector>(float* kernel, int outputs, int inputs, nint outputStride, nint inputStride, bool turned,
        float* transformed, nint frequencyFloats, int panelFloats, int inputGroups) : IJob
        where TVector : struct, ISimd<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        [SkipLocalsInit]
        public void Execute(int item, int worker)
        {
            const int Taps = SimdWeights.Taps;
            int columns = WinogradStages<TVector, TTile>.Columns, n = TTile.Inputs, size = TVector.Count;
            int panel = item / inputGroups, group = item % inputGroups, first = group * SimdTensor.BlockChannels;
            float* taps = stackalloc float[Taps * WinogradStages<TVector, TTile>.Columns], half = stackalloc float[TTile.Inputs * 3 * TVector.Count];
            new Span<float>(taps, Taps * columns).Clear();
            int count = Math.Min(columns, outputs - panel * columns);
            for (int i = first; i < Math.Min(inputs, first + SimdTensor.BlockChannels); i++)
            {
                for (int o = 0; o < count; o++)
                {
                    float* from = kernel + (panel * columns + o) * outputStride + i * inputStride;
                    for (int tap = 0; tap < Taps; tap++) taps[tap * columns + o] = from[turned ? Taps - 1 - tap : tap];
                }
                float* to = transformed + (nint)panel * panelFloats + i * columns;
                for (int o = 0; o < columns; o += size)
                {
                    for (int x = 0; x < 3; x++) TTile.Weights<TVector, StoreSink<TVector>>(taps + x * columns + o, 3 * columns, new(half + x * size, 3 * size));
                    for (int y = 0; y < n; y++) TTile.Weights<TVector, StoreSink<TVector>>(half + y * 3 * size, size, new(to + y * n * frequencyFloats + o, frequencyFloats));
                }
            }
        }
    }
}
