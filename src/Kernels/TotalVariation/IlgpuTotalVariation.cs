using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Total variation and its gradient in one pass. A value v with its neighbours right r, below b, left l, above a adds
/// <code>
/// value    += f(r - v) + f(b - v)                          f(d) = d^2 / 2 or |d|
/// gradient += weight (s(v - l) + s(v - a) - s(r - v) - s(b - v))      s(d) = d or sign d
/// </code>
/// each term only where the pair counts. The gradient is added to, each value by one thread. Groups stride over rows, threads
/// over a row. First stage of a sum (<see cref="IlgpuSums"/>), whose scratch it uses.
/// </summary>
internal sealed class IlgpuTotalVariation : ITotalVariation
{
    readonly IlgpuDevice device;
    readonly Lazy<IlgpuVariationStencil> stencil;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters> kernel;

    /// <summary>Absolute: f and s of absolute variation. Both: a pair counts only where its position has both neighbours.</summary>
    internal struct Parameters
    {
        public int Rows, Height, Width, Inner, Absolute, Both;
        public float Weight;
    }

    public IlgpuTotalVariation(IlgpuDevice device)
    {
        this.device = device;
        stencil = new(() => new(device));
        kernel = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters>(Kernel);
    }

    public void Evaluate(TotalVariationKind kind, Tensor picture, ScalarSlot value, Tensor gradient, float weight, Tensor? pairs)
    {
        ITotalVariation.Check(kind, picture, gradient, pairs);
        if (kind > TotalVariationKind.Absolute)
        {
            stencil.Value.Evaluate(kind, picture, value, gradient, weight, pairs);
            return;
        }
        var layout = picture.DeviceLayout();
        var p = new Parameters
        {
            Rows = layout.Rows,
            Height = layout.Height,
            Width = layout.Width,
            Inner = layout.Inner,
            Absolute = kind == TotalVariationKind.Absolute ? 1 : 0,
            Both = kind == TotalVariationKind.NeuralStyle ? 1 : 0,
            Weight = weight,
        };
        int groups = Math.Min(p.Rows, IlgpuSums.MostGroups);
        kernel(device.Groups(groups, 1, IlgpuSums.GroupSize), picture.DeviceView(), gradient.DeviceView(), device.Sums.Partials, p);
        device.Sums.Finish(groups, 1, value);
    }

    internal static void Kernel(ArrayView<float> picture, ArrayView<float> gradient, ArrayView<double> partials, Parameters p)
    {
        double sum = 0;
        int rowLength = p.Width * p.Inner;
        for (int row = Grid.IdxX; row < p.Rows; row += Grid.DimX)
        {
            int y = row % p.Height;
            long first = (long)row * rowLength;
            for (int column = Group.IdxX; column < rowLength; column += IlgpuSums.GroupSize)
            {
                bool lastColumn = column + p.Inner >= rowLength, lastRow = y + 1 == p.Height;
                bool right = !lastColumn && (p.Both == 0 || !lastRow), below = !lastRow && (p.Both == 0 || !lastColumn);
                bool left = column >= p.Inner && (p.Both == 0 || !lastRow), above = y > 0 && (p.Both == 0 || !lastColumn);
                long i = first + column;
                float v = picture[i], slope = 0;
                if (right)
                {
                    float d = picture[i + p.Inner] - v;
                    sum += p.Absolute != 0 ? (d < 0 ? -d : d) : 0.5 * d * d;
                    slope -= Slope(d, p.Absolute);
                }
                if (below)
                {
                    float d = picture[i + rowLength] - v;
                    sum += p.Absolute != 0 ? (d < 0 ? -d : d) : 0.5 * d * d;
                    slope -= Slope(d, p.Absolute);
                }
                if (left) slope += Slope(v - picture[i - p.Inner], p.Absolute);
                if (above) slope += Slope(v - picture[i - rowLength], p.Absolute);
                gradient[i] += p.Weight * slope;
            }
        }
        sum = IlgpuSums.OfGroup(sum);
        if (Group.IdxX == 0) partials[Grid.IdxX] = sum;
    }

    static float Slope(float d, int absolute) => absolute == 0 ? d : d > 0 ? 1f : d < 0 ? -1f : 0f;
}
