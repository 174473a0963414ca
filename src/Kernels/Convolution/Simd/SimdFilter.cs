namespace GpuStyle.Kernels;

/// <summary>
/// A convolution's weights in the order in which the kernels read them, once for each direction; the data gradient is a
/// convolution too, with the kernel turned by 180 degrees and its channels exchanged.
/// </summary>
internal sealed unsafe class SimdFilter(SimdDevice device, DirectionWeights forward, DirectionWeights gradient, NativeBlock bias)
    : Filter(forward.Outputs, forward.Inputs)
{
    public DirectionWeights Forward => forward;
    public DirectionWeights Gradient => gradient;

    /// <summary>One float for each output channel, then zeros for what vectors read beyond.</summary>
    public float* Bias => bias.Data;

    public override void Dispose()
    {
        device.Free(forward.Block);
        device.Free(gradient.Block);
        device.Free(bias);
    }
}

/// <summary>One direction's weights as the algorithm wants them that computes this direction.</summary>
internal abstract class DirectionWeights(NativeBlock block, int inputs, int outputs)
{
    public NativeBlock Block { get; } = block;
    public int Inputs { get; } = inputs;
    public int Outputs { get; } = outputs;
}

/// <summary>
/// One direction's weights for the direct convolution, 0 where a group of inputs or a panel of outputs has more places than there are channels.
/// <code>
/// outputs in groups of 16   [panel][input group][tap][input of the group][output of the panel]       for the micro-kernel
/// outputs in planes         [panel of 3][input group][tap][output of the panel][input of the group]  for the narrow kernel
/// </code>
/// An input group is 16 channels, or one plane where the input is planar too and outputs are not.
/// </summary>
internal sealed unsafe class SimdWeights : DirectionWeights
{
    public const int Taps = 9;

    /// <summary>Outputs in a panel of the narrow kernel: a picture's.</summary>
    public const int NarrowColumns = 3;

    SimdWeights(NativeBlock block, int inputs, int outputs, int groups, int panels, int panelFloats)
        : base(block, inputs, outputs) => (Groups, Panels, PanelFloats) = (groups, panels, panelFloats);

    public int Groups { get; }
    public int Panels { get; }
    public int PanelFloats { get; }
    public int Segments => Groups * Taps;

    /// <summary>The weights of a panel of outputs.</summary>
    public float* Panel(int panel) => Block.Data + (nint)panel * PanelFloats;

    public static bool IsPlanar(int channels) => channels <= SimdTensor.PlanarChannels;

    /// <summary>
    /// Packs [K, C, 3, 3] weights. <paramref name="turned"/>: for the data gradient.
    /// <paramref name="columns"/>: output channels of the micro-kernel.
    /// </summary>
    public static SimdWeights Pack(SimdDevice device, float* kernel, int k, int c, bool turned, int columns)
    {
        var (outputs, inputs) = turned ? (c, k) : (k, c);
        bool narrow = IsPlanar(outputs);
        if (narrow) columns = NarrowColumns;
        var (run, groups, panels, panelFloats, floats) = Sizes(outputs, inputs, columns);
        var block = device.Reserve(floats);
        nint row = (nint)c * Taps, outputStride = turned ? Taps : row, inputStride = turned ? row : Taps;
        device.Run(new PackJob(kernel, outputs, inputs, outputStride, inputStride, turned, block.Data, groups, run, columns, narrow), panels * groups);
        return new SimdWeights(block, inputs, outputs, groups, panels, panelFloats);
    }

    /// <summary>Channels of an input group, groups, panels, floats of a panel and of all.</summary>
    public static (int Run, int Groups, int Panels, int PanelFloats, long Floats) Sizes(int outputs, int inputs, int columns)
    {
        bool narrow = IsPlanar(outputs);
        if (narrow) columns = NarrowColumns;
        int run = IsPlanar(inputs) && !narrow ? 1 : SimdTensor.BlockChannels, stored = narrow ? outputs : SimdTensor.WholeGroups(outputs);
        int groups = (inputs + run - 1) / run, panels = (stored + columns - 1) / columns, panelFloats = groups * Taps * run * columns;
        return (run, groups, panels, panelFloats, (long)panels * panelFloats);
    }

    readonly struct PackJob(float* kernel, int outputs, int inputs, nint outputStride, nint inputStride, bool turned,
        float* packed, int groups, int run, int columns, bool narrow) : IJob
    {
        public void Execute(int item, int worker)
        {
            int panel = item / groups, group = item % groups, tapFloats = run * columns;
            var (inputStep, outputStep) = narrow ? (1, run) : (columns, 1);
            float* to = packed + (nint)item * Taps * tapFloats;
            int inputsHere = Math.Min(run, inputs - group * run), outputsHere = Math.Min(columns, outputs - panel * columns);
            if (inputsHere < run || outputsHere < columns) new Span<float>(to, Taps * tapFloats).Clear();
            for (int i = 0; i < inputsHere; i++)
                for (int o = 0; o < outputsHere; o++)
                {
                    float* from = kernel + (panel * columns + o) * outputStride + (group * run + i) * inputStride;
                    float* at = to + i * inputStep + o * outputStep;
                    for (int tap = 0; tap < Taps; tap++) at[tap * tapFloats] = from[turned ? Taps - 1 - tap : tap];
                }
        }
    }
}
