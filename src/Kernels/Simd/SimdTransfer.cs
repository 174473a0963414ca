namespace GpuStyle.Kernels;

/// <summary>
/// Copies between channel-major planes and the engine's layout. Towards the engine the border and the unused channels of
/// the last group are written with zeros.
/// </summary>
internal static unsafe class SimdTransfer
{
    public static void FromPlanes(SimdDevice device, float* planes, SimdTensor tensor)
    {
        device.Run(new FromPlanesJob(planes, tensor.Data, tensor.Shape, tensor.Lanes, tensor.Border), tensor.Groups * tensor.Rows);
    }

    public static void ToPlanes(SimdDevice device, SimdTensor tensor, float* planes)
    {
        device.Run(new ToPlanesJob(tensor.Data, planes, tensor.Shape, tensor.Lanes, tensor.Border), tensor.Groups * tensor.Shape.Height);
    }

    /// <summary>Tensors of an operation that may be copied.</summary>
    public const int MostCopies = 3;

    /// <summary>
    /// The tensor itself if it is channel-blocked, else a blocked copy, which is the device's and is overwritten by the next one of its
    /// number.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">Another for each tensor of an operation.</param>
    public static SimdTensor Blocked(SimdDevice device, Tensor tensor, int number = 0)
    {
        var own = tensor.Simd();
        if (own.Blocked) return own;
        var copy = device.BlockedCopy(tensor.Shape, number);
        FromPlanes(device, own.Data, copy);
        return copy;
    }

    /// <summary>Brings what was written into <see cref="Blocked"/>'s result back.</summary>
    public static void Return(SimdDevice device, SimdTensor blocked, Tensor tensor)
    {
        if (blocked != tensor) ToPlanes(device, blocked, tensor.Simd().Data);
    }

    readonly struct FromPlanesJob(float* planes, float* data, Shape shape, int lanes, int border) : IJob
    {
        public void Execute(int item, int worker)
        {
            int rows = shape.Height + 2 * border, group = item / rows, y = item % rows - border;
            nint rowFloats = (nint)(shape.Width + 2 * border) * lanes;
            float* row = data + item * rowFloats;
            if (lanes > 1) new Span<float>(row, checked((int)rowFloats)).Clear();
            if ((uint)y >= (uint)shape.Height) return;
            row += border * lanes;
            for (int lane = 0; lane < lanes && group * lanes + lane < shape.Channels; lane++)
            {
                float* from = planes + ((nint)(group * lanes + lane) * shape.Height + y) * shape.Width;
                for (nint x = 0; x < shape.Width; x++) row[x * lanes + lane] = from[x];
            }
        }
    }

    readonly struct ToPlanesJob(float* data, float* planes, Shape shape, int lanes, int border) : IJob
    {
        public void Execute(int item, int worker)
        {
            int group = item / shape.Height, y = item % shape.Height;
            nint rowFloats = (nint)(shape.Width + 2 * border) * lanes;
            float* row = data + ((nint)group * (shape.Height + 2 * border) + y + border) * rowFloats + border * lanes;
            for (int lane = 0; lane < lanes && group * lanes + lane < shape.Channels; lane++)
            {
                float* to = planes + ((nint)(group * lanes + lane) * shape.Height + y) * shape.Width;
                for (nint x = 0; x < shape.Width; x++) to[x] = row[x * lanes + lane];
            }
        }
    }
}
