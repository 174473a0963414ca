using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Squared error and its gradient in one pass over the stored values.
/// <code>
/// e = inside ? scale x - target : 0     value += sum e^2     gradient = gradientScale e (+ gradient)
/// </code>
/// Values are taken row by row: a group strides over rows, its threads over a row. The gradient is overwritten or added to,
/// by flags; padding has e = 0. First stage of a sum (<see cref="IlgpuSums"/>), which adds to the slot's parts.
/// </summary>
internal sealed class IlgpuSquaredError : ISquaredError
{
    /// <summary>Flags of <see cref="Parameters"/>.</summary>
    public const int WithGradient = 1, Accumulated = 2;

    /// <summary>Row length when there is no region to respect.</summary>
    const int FreeRow = 2048;

    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters> kernel;

    /// <summary>Rows of a region count from the top of each image; a column is a position times Inner plus a channel. The target is the region.</summary>
    internal struct Parameters
    {
        public int Rows, RowLength, Height, Top, Bottom, Left, Right, Flags;
        public float Scale, GradientScale;
    }

    public IlgpuSquaredError(IlgpuDevice device)
    {
        this.device = device;
        kernel = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters>(Kernel);
    }

    public void Evaluate(Tensor x, double scale, Tensor target, Region region, ScalarSlot value, Tensor? gradient, double gradientScale, bool accumulate)
    {
        ISquaredError.Check(x, target, region, gradient);
        var layout = x.DeviceLayout();
        var p = new Parameters { Scale = (float)scale, GradientScale = (float)gradientScale };
        if (region.Covers(x.Shape))
        {
            p.RowLength = p.Right = FreeRow;
            p.Rows = p.Height = p.Bottom = checked((int)((layout.Count + FreeRow - 1) / FreeRow));
        }
        else
        {
            (p.Rows, p.RowLength, p.Height) = (layout.Rows, layout.RowLength, layout.Height);
            (p.Top, p.Bottom) = (region.Top, region.Top + region.Height);
            (p.Left, p.Right) = (region.Left * layout.Inner, (region.Left + region.Width) * layout.Inner);
        }
        if (gradient is not null) p.Flags = WithGradient | (accumulate ? Accumulated : 0);
        int groups = Math.Min(p.Rows, IlgpuSums.MostGroups);
        kernel(device.Groups(groups, 1, IlgpuSums.GroupSize), x.DeviceView(), target.DeviceView(), (gradient ?? x).DeviceView(), value.Parts(), p);
    }

    internal static void Kernel(ArrayView<float> x, ArrayView<float> target, ArrayView<float> gradient, ArrayView<double> parts, Parameters p)
    {
        double sum = 0;
        for (int row = Grid.IdxX; row < p.Rows; row += Grid.DimX)
        {
            int y = row % p.Height;
            bool rowInside = y >= p.Top && y < p.Bottom;
            long first = (long)row * p.RowLength;
            long firstTarget = ((long)(row / p.Height) * (p.Bottom - p.Top) + y - p.Top) * (p.Right - p.Left) - p.Left;
            for (int column = Group.IdxX; column < p.RowLength; column += IlgpuSums.GroupSize)
            {
                long i = first + column;
                if (i >= x.Length) break;
                float e = rowInside && column >= p.Left && column < p.Right ? p.Scale * x[i] - target[firstTarget + column] : 0;
                sum += (double)e * e;
                if ((p.Flags & WithGradient) == 0) continue;
                float g = p.GradientScale * e;
                if ((p.Flags & Accumulated) != 0) g += gradient[i];
                gradient[i] = g;
            }
        }
        IlgpuSums.Add(sum, parts);
    }
}
