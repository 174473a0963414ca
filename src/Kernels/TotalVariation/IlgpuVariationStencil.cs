using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// The definitions of total variation with other neighbours, powers or weights, in one pass: a value gathers the gradient of all pairs that
/// it is part of. Pictures are planar. The gradient is added to. First stage of a sum (<see cref="IlgpuSums"/>), whose scratch it uses.
/// </summary>
internal sealed class IlgpuVariationStencil
{
    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters> pairsKernel;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters> powerKernel;

    /// <summary>Values, the planes' size, whether there are weights of pairs, and the factors on them.</summary>
    internal struct Parameters
    {
        public int Count, Height, Width, Weighted;
        public float Weight, Right, Below, Diagonal;
    }

    public IlgpuVariationStencil(IlgpuDevice device)
    {
        this.device = device;
        pairsKernel = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters>(Pairs);
        powerKernel = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters>(Power);
    }

    public void Evaluate(TotalVariationKind kind, Tensor picture, ScalarSlot value, Tensor gradient, float weight, Tensor? pairs)
    {
        if (picture.DeviceLayout().ChannelsLast) throw new ArgumentException($"{picture.Shape} is no picture.", nameof(picture));
        var factors = PairFactors.Of(kind, picture.Shape);
        var p = new Parameters
        {
            Count = checked((int)picture.Shape.Count),
            Height = picture.Shape.Height,
            Width = picture.Shape.Width,
            Weighted = pairs is null ? 0 : 1,
            Weight = weight,
            Right = (float)factors.Right,
            Below = (float)factors.Below,
            Diagonal = (float)factors.Diagonal,
        };
        int groups = IlgpuSums.Groups(p.Count);
        var config = device.Groups(groups, 1, IlgpuSums.GroupSize);
        if (kind == TotalVariationKind.Power) powerKernel(config, picture.DeviceView(), gradient.DeviceView(), device.Sums.Partials, p);
        else pairsKernel(config, picture.DeviceView(), (pairs ?? picture).DeviceView(), gradient.DeviceView(), device.Sums.Partials, p);
        device.Sums.Finish(groups, 1, value);
    }

    internal static void Pairs(ArrayView<float> picture, ArrayView<float> pairs, ArrayView<float> gradient, ArrayView<double> partials, Parameters p)
    {
        double sum = 0;
        int plane = p.Height * p.Width;
        for (int i = Grid.IdxX * IlgpuSums.GroupSize + Group.IdxX; i < p.Count; i += Grid.DimX * IlgpuSums.GroupSize)
        {
            int at = i % plane, y = at / p.Width, x = at % p.Width;
            float v = picture[i], slope = 0;
            if (x + 1 < p.Width)
            {
                float d = picture[i + 1] - v, factor = p.Weighted != 0 ? p.Right * pairs[at] : p.Right;
                sum += 0.5 * factor * d * d;
                slope -= factor * d;
            }
            if (y + 1 < p.Height)
            {
                float d = picture[i + p.Width] - v, factor = p.Weighted != 0 ? p.Below * pairs[plane + at] : p.Below;
                sum += 0.5 * factor * d * d;
                slope -= factor * d;
            }
            if (x > 0) slope += (p.Weighted != 0 ? p.Right * pairs[at - 1] : p.Right) * (v - picture[i - 1]);
            if (y > 0) slope += (p.Weighted != 0 ? p.Below * pairs[plane + at - p.Width] : p.Below) * (v - picture[i - p.Width]);
            if (p.Diagonal != 0)
            {
                // Wherever the value stands in the picture with its border repeated. A pair is met from both sides.
                int first = i - at;
                for (int j = y == 0 ? -1 : y; j <= (y == p.Height - 1 ? p.Height : y); j++)
                    for (int k = x == 0 ? -1 : x; k <= (x == p.Width - 1 ? p.Width : x); k++)
                        for (int b = j - 1; b <= j + 1; b += 2)
                            for (int a = k - 1; a <= k + 1; a += 2)
                            {
                                if (b < -1 || b > p.Height || a < -1 || a > p.Width) continue;
                                int row = Math.Max(0, Math.Min(b, p.Height - 1)), column = Math.Max(0, Math.Min(a, p.Width - 1));
                                float d = picture[first + row * p.Width + column] - v;
                                sum += 0.25 * p.Diagonal * d * d;
                                slope -= p.Diagonal * d;
                            }
            }
            gradient[i] += p.Weight * slope;
        }
        sum = IlgpuSums.OfGroup(sum);
        if (Group.IdxX == 0) partials[Grid.IdxX] = sum;
    }

    internal static void Power(ArrayView<float> picture, ArrayView<float> gradient, ArrayView<double> partials, Parameters p)
    {
        double sum = 0;
        int plane = p.Height * p.Width;
        for (int i = Grid.IdxX * IlgpuSums.GroupSize + Group.IdxX; i < p.Count; i += Grid.DimX * IlgpuSums.GroupSize)
        {
            int at = i % plane, y = at / p.Width, x = at % p.Width;
            bool inner = x + 1 < p.Width, upper = y + 1 < p.Height;
            float slope = 0;
            if (inner && upper)
            {
                float dx = picture[i + 1] - picture[i], dy = picture[i + p.Width] - picture[i], root = FourthRoot(dx, dy);
                sum += (double)(dx * dx + dy * dy) * root;
                slope -= root * (dx + dy);
            }
            if (x > 0 && upper)
            {
                float dx = picture[i] - picture[i - 1], dy = picture[i - 1 + p.Width] - picture[i - 1];
                slope += FourthRoot(dx, dy) * dx;
            }
            if (y > 0 && inner)
            {
                float dx = picture[i - p.Width + 1] - picture[i - p.Width], dy = picture[i] - picture[i - p.Width];
                slope += FourthRoot(dx, dy) * dy;
            }
            gradient[i] += 2.5f * p.Weight * slope;
        }
        sum = IlgpuSums.OfGroup(sum);
        if (Group.IdxX == 0) partials[Grid.IdxX] = sum;
    }

    static float FourthRoot(float dx, float dy) => MathF.Sqrt(MathF.Sqrt(dx * dx + dy * dy));
}
