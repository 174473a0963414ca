using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// The steps of a pyramid, rows and columns in one pass, one thread per value that is written:
/// <code>
/// coarse[y,x]  = sum over i, j in -1..2 of b[i] b[j] fine[2y+i, 2x+j]                      b = (1, 3, 3, 1) / 8
/// fine[y,x]   += weight / 16 (9 coarse[n,m] + 3 coarse[n,m'] + 3 coarse[n',m] + coarse[n',m'])
/// </code>
/// where n = y/2 is the nearer row of the coarse picture and n' the other one beside y, likewise m and m'; outside is 0 or the other side.
/// </summary>
internal sealed class IlgpuSmoothing : ISmoothing
{
    const int GroupSize = 64;

    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, Sizes> halve;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, Sizes, float> spread;
    readonly Action<KernelConfig, ArrayView<float>, int, ArrayView<float>, ArrayView<float>> mix;
    readonly Action<KernelConfig, ArrayView<float>, int, ArrayView<double>> products;

    /// <summary>Sizes of one plane of each picture, and whether rows and columns wrap around.</summary>
    internal struct Sizes
    {
        public int FineHeight, FineWidth, Height, Width, WrapRows, WrapColumns;
    }

    public IlgpuSmoothing(IlgpuDevice device)
    {
        this.device = device;
        halve = device.Load<ArrayView<float>, ArrayView<float>, Sizes>(Halve);
        spread = device.Load<ArrayView<float>, ArrayView<float>, Sizes, float>(Spread);
        mix = device.Load<ArrayView<float>, int, ArrayView<float>, ArrayView<float>>(Mix);
        products = device.Load<ArrayView<float>, int, ArrayView<double>>(Products);
    }

    public void Halve(Tensor fine, Tensor coarse, bool wrap)
    {
        ISmoothing.Check(fine, coarse);
        halve(Rows(coarse), fine.DeviceView(), coarse.DeviceView(), SizesOf(fine, coarse, wrap));
    }

    public void Spread(Tensor coarse, float weight, Tensor fine, bool wrap)
    {
        ISmoothing.Check(fine, coarse);
        spread(Rows(fine), coarse.DeviceView(), fine.DeviceView(), SizesOf(fine, coarse, wrap), weight / 16);
    }

    public void MixChannels(Tensor picture, Tensor matrices, int number, Tensor mixed)
    {
        ISmoothing.Check(picture, matrices, number, mixed);
        int plane = checked((int)picture.Shape.Positions);
        mix(device.Threads(plane), picture.DeviceView(), plane, matrices.DeviceView().SubView(9L * number, 9), mixed.DeviceView());
    }

    public void SumProducts(Tensor picture, Scalars sums, int first)
    {
        ISmoothing.Check(picture);
        int plane = checked((int)picture.Shape.Positions), groups = IlgpuSums.Groups(plane);
        products(device.Groups(groups, 1, IlgpuSums.GroupSize), picture.DeviceView(), plane, new ScalarSlot(sums, first).Parts());
    }

    KernelConfig Rows(Tensor written)
    {
        var layout = written.DeviceLayout();
        return device.Groups(layout.Rows, (layout.Width + GroupSize - 1) / GroupSize, GroupSize);
    }

    static Sizes SizesOf(Tensor fine, Tensor coarse, bool wrap)
    {
        var (rows, columns) = ISmoothing.Wraps(fine.Shape, wrap);
        return new()
        {
            FineHeight = fine.Shape.Height,
            FineWidth = fine.Shape.Width,
            Height = coarse.Shape.Height,
            Width = coarse.Shape.Width,
            WrapRows = rows ? 1 : 0,
            WrapColumns = columns ? 1 : 0,
        };
    }

    internal static void Halve(ArrayView<float> fine, ArrayView<float> coarse, Sizes p)
    {
        int row = Grid.IdxX, x = Grid.IdxY * GroupSize + Group.IdxX;
        if (x >= p.Width) return;
        int plane = row / p.Height, y = row - plane * p.Height;
        float sum = 0;
        for (int tap = 0; tap < 4; tap++)
        {
            int i = Inside(2 * y - 1 + tap, p.FineHeight, p.WrapRows);
            if (i < 0) continue;
            int before = Inside(2 * x - 1, p.FineWidth, p.WrapColumns), after = Inside(2 * x + 2, p.FineWidth, p.WrapColumns);
            long first = ((long)plane * p.FineHeight + i) * p.FineWidth;
            float line = 3 * fine[first + 2 * x];
            if (before >= 0) line += fine[first + before];
            if (2 * x + 1 < p.FineWidth) line += 3 * fine[first + 2 * x + 1];
            if (after >= 0) line += fine[first + after];
            sum += (tap == 0 || tap == 3 ? 1f : 3f) * line;
        }
        coarse[(long)row * p.Width + x] = sum / 64;
    }

    internal static void Spread(ArrayView<float> coarse, ArrayView<float> fine, Sizes p, float weight)
    {
        int row = Grid.IdxX, x = Grid.IdxY * GroupSize + Group.IdxX;
        if (x >= p.FineWidth) return;
        int plane = row / p.FineHeight, y = row - plane * p.FineHeight;
        int far = Inside(y % 2 == 0 ? y / 2 - 1 : y / 2 + 1, p.Height, p.WrapRows);
        long first = (long)plane * p.Height * p.Width;
        float sum = 3 * Line(coarse, first + (long)(y / 2) * p.Width, x, p.Width, p.WrapColumns);
        if (far >= 0) sum += Line(coarse, first + (long)far * p.Width, x, p.Width, p.WrapColumns);
        fine[(long)row * p.FineWidth + x] += weight * sum;
    }

    internal static void Mix(ArrayView<float> picture, int plane, ArrayView<float> m, ArrayView<float> mixed)
    {
        int i = Grid.IdxX * Group.DimX + Group.IdxX;
        if (i >= plane) return;
        float red = picture[i], green = picture[(long)plane + i], blue = picture[2L * plane + i];
        mixed[i] = m[0] * red + m[1] * green + m[2] * blue;
        mixed[(long)plane + i] = m[3] * red + m[4] * green + m[5] * blue;
        mixed[2L * plane + i] = m[6] * red + m[7] * green + m[8] * blue;
    }

    /// <summary>The first stage of six sums (<see cref="IlgpuSums"/>): a thread strides through the positions.</summary>
    internal static void Products(ArrayView<float> picture, int plane, ArrayView<double> parts)
    {
        double rr = 0, gg = 0, bb = 0, rg = 0, rb = 0, gb = 0;
        for (long i = Grid.IdxX * IlgpuSums.GroupSize + Group.IdxX; i < plane; i += Grid.DimX * IlgpuSums.GroupSize)
        {
            double r = picture[i], g = picture[plane + i], b = picture[2L * plane + i];
            rr += r * r;
            gg += g * g;
            bb += b * b;
            rg += r * g;
            rb += r * b;
            gb += g * b;
        }
        IlgpuSums.Add(rr, parts, 0);
        IlgpuSums.Add(gg, parts, 1);
        IlgpuSums.Add(bb, parts, 2);
        IlgpuSums.Add(rg, parts, 3);
        IlgpuSums.Add(rb, parts, 4);
        IlgpuSums.Add(gb, parts, 5);
    }

    /// <summary>A row of the coarse picture, spread along.</summary>
    static float Line(ArrayView<float> coarse, long row, int x, int width, int wrap)
    {
        int far = Inside(x % 2 == 0 ? x / 2 - 1 : x / 2 + 1, width, wrap);
        float sum = 3 * coarse[row + x / 2];
        return far >= 0 ? sum + coarse[row + far] : sum;
    }

    /// <summary>A row or column, or the one on the other side where it lies beyond an edge and wraps around; -1 where what lies there is 0.</summary>
    static int Inside(int at, int length, int wrap) => at >= 0 && at < length ? at : wrap == 0 ? -1 : at < 0 ? at + length : at - length;
}
