using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Total variation and its gradient in one pass. A value v with its neighbours right r, below b, left l, above a adds
/// <code>
/// value    += f(r - v) + f(b - v)                          f(d) = d^2 / 2 or |d|
/// gradient += weight (s(v - l) + s(v - a) - s(r - v) - s(b - v))      s(d) = d or sign d
/// </code>
/// each term only where the pair counts; a value without a neighbour is its own. The gradient is added to, each value by one thread. Groups stride over rows, threads
/// over a row. First stage of a sum (<see cref="IlgpuSums"/>), which adds to the slot's parts.
/// </summary>
internal sealed class IlgpuTotalVariation : ITotalVariation
{
    readonly IlgpuDevice device;
    readonly Lazy<IlgpuVariationStencil> stencil;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters> kernel;

    /// <summary>
    /// Absolute: f and s of absolute variation. Both: a pair counts only where its position has both neighbours. Wrap: the first column is the
    /// last one's right neighbour, and rows likewise.
    /// </summary>
    internal struct Parameters
    {
        public int Rows, Height, Width, Inner, Absolute, Both, Wrap;
        public float Weight;
    }

    public IlgpuTotalVariation(IlgpuDevice device)
    {
        this.device = device;
        stencil = new(() => new(device));
        kernel = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters>(Kernel);
    }

    public void Evaluate(TotalVariationKind kind, Tensor picture, ScalarSlot value, Tensor gradient, float weight, Tensor? pairs, bool wrap)
    {
        ITotalVariation.Check(kind, picture, gradient, pairs);
        if (kind > TotalVariationKind.Absolute)
        {
            stencil.Value.Evaluate(kind, picture, value, gradient, weight, pairs, wrap);
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
            Both = kind == TotalVariationKind.NeuralStyle && !wrap ? 1 : 0,
            Wrap = wrap ? 1 : 0,
            Weight = weight,
        };
        int groups = Math.Min(p.Rows, IlgpuSums.MostGroups);
        kernel(device.Groups(groups, 1, IlgpuSums.GroupSize), picture.DeviceView(), gradient.DeviceView(), value.Parts(), p);
    }

    internal static void Kernel(ArrayView<float> picture, ArrayView<float> gradient, ArrayView<double> parts, Parameters p)
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
                bool horizontal = p.Both == 0 || !lastRow, vertical = p.Both == 0 || !lastColumn;
                long i = first + column, across = rowLength - p.Inner, down = (long)(p.Height - 1) * rowLength;
                long right = !lastColumn ? i + p.Inner : p.Wrap != 0 ? i - across : i;
                long left = column >= p.Inner ? i - p.Inner : p.Wrap != 0 ? i + across : i;
                long below = !lastRow ? i + rowLength : p.Wrap != 0 ? i - down : i;
                long above = y > 0 ? i - rowLength : p.Wrap != 0 ? i + down : i;
                float v = picture[i], slope = 0;
                if (horizontal)
                {
                    float d = picture[right] - v;
                    sum += p.Absolute != 0 ? (d < 0 ? -d : d) : 0.5 * d * d;
                    slope += Slope(v - picture[left], p.Absolute) - Slope(d, p.Absolute);
                }
                if (vertical)
                {
                    float d = picture[below] - v;
                    sum += p.Absolute != 0 ? (d < 0 ? -d : d) : 0.5 * d * d;
                    slope += Slope(v - picture[above], p.Absolute) - Slope(d, p.Absolute);
                }
                gradient[i] += p.Weight * slope;
            }
        }
        IlgpuSums.Add(sum, parts);
    }

    static float Slope(float d, int absolute) => absolute == 0 ? d : d > 0 ? 1f : d < 0 ? -1f : 0f;
}
