namespace GpuStyle.Kernels;

/// <summary>
/// One direction's weights, transformed: G g G^T of every pair of channels, [frequency][panel], in a panel what <see cref="WinogradOperands{TVector, TTile}"/> says, 0
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
        var (panels, panelFloats, frequencyFloats, floats) = Sizes<TVector>(outputs, inputs);
        var block = device.Reserve(floats);
        nint row = (nint)c * SimdWeights.Taps;
        var source = new WinogradKernel
        {
            Data = kernel,
            Outputs = outputs,
            Inputs = inputs,
            OutputStride = turned ? SimdWeights.Taps : row,
            InputStride = turned ? row : SimdWeights.Taps,
            Turned = turned,
        };
        int inputGroups = SimdTensor.WholeGroups(inputs) / SimdTensor.BlockChannels;
        device.Run(new TransformJob<TVector>(source, block.Data, frequencyFloats, panelFloats, inputGroups), panels * inputGroups);
        return new WinogradWeights<TTile>(block, inputs, outputs, panels, panelFloats, frequencyFloats);
    }

    /// <summary>Panels, floats of a panel, of a frequency and of all.</summary>
    public static (int Panels, int PanelFloats, nint FrequencyFloats, long Floats) Sizes<TVector>(int outputs, int inputs)
        where TVector : struct, ISimd<TVector>
    {
        int columns = WinogradStages<TVector, TTile>.Columns, panels = (SimdTensor.WholeGroups(outputs) + columns - 1) / columns;
        int panelFloats = WinogradOperands<TVector, TTile>.PanelFloats(SimdTensor.WholeGroups(inputs) / SimdTensor.BlockChannels);
        // One line more than needed, so that frequencies do not compete for the same places of the cache.
        nint frequencyFloats = (nint)panels * panelFloats + SimdTensor.BlockChannels;
        return (panels, panelFloats, frequencyFloats, (long)frequencyFloats * WinogradStages<TVector, TTile>.Frequencies);
    }

    /// <summary>An item is a panel of outputs times a group of inputs.</summary>
    readonly struct TransformJob<TVector>(WinogradKernel source, float* transformed, nint frequencyFloats, int panelFloats, int inputGroups) : IJob
        where TVector : struct, ISimd<TVector>
    {
        public void Execute(int item, int worker)
        {
            int panel = item / inputGroups, input = item % inputGroups;
            WinogradOperands<TVector, TTile>.Weights(source, panel, input, transformed + (nint)panel * panelFloats, frequencyFloats);
        }
    }
}
