using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// The definitions of total variation with other neighbours or weights, in one pass: a value gathers the gradient of all pairs that
/// it is part of. Pictures are planar. The gradient is added to. First stage of a sum (<see cref="IlgpuSums"/>), which adds to the slot's parts.
/// </summary>
internal sealed class IlgpuVariationStencil
{
    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters> pairsKernel;

    /// <summary>Values, the planes' size, whether there are weights of pairs, whether the picture is wrapped around, and the factors on pairs.</summary>
    internal struct Parameters
    {
        public int Count, Height, Width, Weighted, Wrap;
        public float Weight, Right, Below, Diagonal;
    }

    public IlgpuVariationStencil(IlgpuDevice device)
    {
        this.device = device;
        pairsKernel = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>, Parameters>(Pairs);
    }

    public void Evaluate(TotalVariationKind kind, Tensor picture, ScalarSlot value, Tensor gradient, float weight, Tensor? pairs, bool wrap)
    {
        if (picture.DeviceLayout().ChannelsLast) throw new ArgumentException($"{picture.Shape} is no picture.", nameof(picture));
        var factors = PairFactors.Of(kind, picture.Shape, wrap);
        var p = new Parameters
        {
            Count = checked((int)picture.Shape.Count),
            Height = picture.Shape.Height,
            Width = picture.Shape.Width,
            Weighted = pairs is null ? 0 : 1,
            Wrap = wrap ? 1 : 0,
            Weight = weight,
            Right = (float)factors.Right,
            Below = (float)factors.Below,
            Diagonal = (float)factors.Diagonal,
        };
        int groups = IlgpuSums.Groups(p.Count);
        var config = device.Groups(groups, 1, IlgpuSums.GroupSize);
        pairsKernel(config, picture.DeviceView(), (pairs ?? picture).DeviceView(), gradient.DeviceView(), value.Parts(), p);
    }

    internal static void Pairs(ArrayView<float> picture, ArrayView<float> pairs, ArrayView<float> gradient, ArrayView<double> parts, Parameters p)
    {
        double sum = 0;
        int plane = p.Height * p.Width;
        int i = Grid.IdxX * IlgpuSums.GroupSize + Group.IdxX, step = Grid.DimX * IlgpuSums.GroupSize;
        PlaneWalk walk = new(i, step, p.Height, p.Width);
        for (; i < p.Count; i += step)
        {
            int y = walk.Y, x = walk.X, at = y * p.Width + x;
            walk.Move();
            int first = i - at, left = y * p.Width + Index(x - 1, p.Width, p.Wrap), above = Index(y - 1, p.Height, p.Wrap) * p.Width + x;
            float v = picture[i], slope = 0;
            float toRight = picture[first + y * p.Width + Index(x + 1, p.Width, p.Wrap)] - v;
            float toBelow = picture[first + Index(y + 1, p.Height, p.Wrap) * p.Width + x] - v;
            float ofRight = p.Weighted != 0 ? p.Right * pairs[at] : p.Right, ofBelow = p.Weighted != 0 ? p.Below * pairs[plane + at] : p.Below;
            sum += 0.5 * ofRight * toRight * toRight + 0.5 * ofBelow * toBelow * toBelow;
            slope -= ofRight * toRight + ofBelow * toBelow;
            slope += (p.Weighted != 0 ? p.Right * pairs[left] : p.Right) * (v - picture[first + left]);
            slope += (p.Weighted != 0 ? p.Below * pairs[plane + above] : p.Below) * (v - picture[first + above]);
            if (p.Diagonal != 0)
            {
                // Wherever the value stands in the picture with its border repeated, or wrapped around. A pair is met from both sides.
                bool open = p.Wrap == 0;
                for (int j = y == 0 && open ? -1 : y; j <= (y == p.Height - 1 && open ? p.Height : y); j++)
                    for (int k = x == 0 && open ? -1 : x; k <= (x == p.Width - 1 && open ? p.Width : x); k++)
                        for (int b = j - 1; b <= j + 1; b += 2)
                            for (int a = k - 1; a <= k + 1; a += 2)
                            {
                                if (open && (b < -1 || b > p.Height || a < -1 || a > p.Width)) continue;
                                float d = picture[first + Index(b, p.Height, p.Wrap) * p.Width + Index(a, p.Width, p.Wrap)] - v;
                                sum += 0.25 * p.Diagonal * d * d;
                                slope -= p.Diagonal * d;
                            }
            }
            gradient[i] += p.Weight * slope;
        }
        IlgpuSums.Add(sum, parts);
    }

    /// <summary>A row or column in the picture or beside it: then that of its border, or of its other side.</summary>
    static int Index(int at, int length, int wrap)
    {
        int beyond = wrap != 0 ? length : 1;
        return at < 0 ? at + beyond : at >= length ? at - beyond : at;
    }
}
