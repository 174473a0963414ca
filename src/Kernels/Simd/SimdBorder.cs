namespace GpuStyle.Kernels;

/// <summary>Zeros where an operation that overwrites a tensor does not write: its border, or everything.</summary>
internal static unsafe class SimdBorder
{
    const int ChunkFloats = 1 << 16;

    /// <summary>Writes zeros into the border of a channel-blocked tensor, where they are not there anyway: no operation leaves anything else in its own.</summary>
    public static void Clear(SimdDevice device, SimdTensor tensor)
    {
        if (tensor.Blocked && tensor.Block.Reshaped) device.Run(new BorderJob(tensor.Data, tensor.Rows, tensor.Pitch), tensor.Groups);
    }

    /// <summary>Writes zeros everywhere.</summary>
    public static void ClearAll(SimdDevice device, SimdTensor tensor) =>
        device.Run(new ClearJob(tensor.Data, tensor.Floats), SimdVectors.Chunks(tensor.Floats, ChunkFloats));

    readonly struct BorderJob(float* data, int rows, int pitch) : IJob
    {
        const int Lanes = SimdTensor.BlockChannels;

        public void Execute(int item, int worker)
        {
            nint rowFloats = (nint)pitch * Lanes;
            float* group = data + item * rows * rowFloats;
            new Span<float>(group, (pitch + 1) * Lanes).Clear();
            for (int y = 1; y < rows - 2; y++) new Span<float>(group + (y + 1) * rowFloats - Lanes, 2 * Lanes).Clear();
            new Span<float>(group + (rows - 1) * rowFloats - Lanes, (pitch + 1) * Lanes).Clear();
        }
    }

    readonly struct ClearJob(float* data, nint floats) : IJob
    {
        public void Execute(int item, int worker) =>
            new Span<float>(data + (nint)item * ChunkFloats, (int)Math.Min(ChunkFloats, floats - (nint)item * ChunkFloats)).Clear();
    }
}
