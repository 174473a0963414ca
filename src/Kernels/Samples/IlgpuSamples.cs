using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Sample matrices of the ILGPU engine, in float32 whatever convolutions multiply in: signs of small differences make a gradient. Sums have
/// a fixed order, and nothing is added by two threads at once.
/// <code>
/// scratch, grown when needed, kept: a sum for each row that is compared
/// </code>
/// </summary>
internal sealed class IlgpuSamples : ISamples
{
    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ProductKernels.Parameters> products;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<double>, RelationKernels.Comparison> relate;
    readonly Action<KernelConfig, ArrayView<float>, int, float> bothSides;
    readonly Action<KernelConfig, ArrayView<double>, ArrayView<double>, int> addValues;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<double>, float> deviate;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<double>, ArrayView<double>,
        RelationKernels.Choice> takeLarger;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, PaletteKernels.Parameters> nearestColors;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>,
        PaletteKernels.Parameters> pullColors;
    IlgpuStorage? rowSums;

    public IlgpuSamples(IlgpuDevice device)
    {
        this.device = device;
        products = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ProductKernels.Parameters>(
            device.ForGpu ? ProductKernels.Products : ProductKernels.OnHost);
        relate = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<double>, RelationKernels.Comparison>(RelationKernels.Relate);
        bothSides = device.Load<ArrayView<float>, int, float>(RelationKernels.BothSides);
        addValues = device.Load<ArrayView<double>, ArrayView<double>, int>(PullKernels.PartialSums);
        deviate = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<double>, float>(RelationKernels.Deviate);
        takeLarger = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<double>, ArrayView<double>,
            RelationKernels.Choice>(RelationKernels.TakeLarger);
        nearestColors = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>,
            PaletteKernels.Parameters>(PaletteKernels.Nearest);
        pullColors = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>,
            PaletteKernels.Parameters>(PaletteKernels.Pull);
    }

    public void Multiply(Tensor left, bool leftTurned, Tensor right, bool rightTurned, double factor, Tensor result, bool accumulate)
    {
        var (m, n, k) = ISamples.CheckProduct(left, leftTurned, right, rightTurned, result);
        const int Side = ProductKernels.Side, HostSide = ProductKernels.HostSide;
        var config = device.ForGpu ? device.Groups((m + Side - 1) / Side, (n + Side - 1) / Side, ProductKernels.GroupSize)
            : device.Threads((m + HostSide - 1L) / HostSide * ((n + HostSide - 1) / HostSide));
        products(config, left.DeviceView(), right.DeviceView(), result.DeviceView(), new()
        {
            M = m,
            N = n,
            K = k,
            LeftRow = leftTurned ? 1 : k,
            LeftStep = leftTurned ? m : 1,
            RightColumn = rightTurned ? k : 1,
            RightStep = rightTurned ? 1 : n,
            Accumulate = accumulate ? 1 : 0,
            Factor = (float)factor,
        });
    }

    public void Relate(Tensor products)
    {
        int order = ISamples.CheckSquare(products);
        relate(Rows(products), products.DeviceView(), products.DeviceView(), Sums(order),
            new() { Order = order, Least = ISamples.LeastDistance });
    }

    public void CompareRelations(Tensor products, Tensor target, double factor, ScalarSlot sum)
    {
        int order = ISamples.CheckSquare(products), groups = IlgpuSums.Groups(order);
        ISamples.CheckSame(products, target);
        var sums = Sums(order);
        relate(Rows(products), products.DeviceView(), target.DeviceView(), sums,
            new() { Order = order, Compare = 1, Least = ISamples.LeastDistance });
        bothSides(device.Threads((long)order * order), products.DeviceView(), order, (float)-factor);
        addValues(device.Groups(groups, 1, IlgpuSums.GroupSize), sums, sum.Parts(), order);
    }

    public void Deviate(Tensor values, Tensor target, double factor, ScalarSlot sum)
    {
        ISamples.CheckSame(values, target);
        int groups = IlgpuSums.Groups(values.Shape.Count);
        deviate(device.Groups(groups, 1, IlgpuSums.GroupSize), values.DeviceView(), target.DeviceView(), sum.Parts(),
            (float)factor);
    }

    public void TakeLarger(Tensor first, ScalarSlot ofFirst, double firstFactor, Tensor second, ScalarSlot ofSecond, double secondFactor)
    {
        ISamples.CheckSame(first, second);
        takeLarger(device.Threads(first.Shape.Count), first.DeviceView(), second.DeviceView(), ofFirst.Total(), ofSecond.Total(),
            new() { FirstFactor = firstFactor, SecondFactor = secondFactor });
    }

    public void NearestColors(Tensor colors, Tensor others, Tensor nearest)
    {
        ISamples.CheckColors(colors, others, nearest);
        nearestColors(device.Threads(colors.Shape.Height), colors.DeviceView(), others.DeviceView(), nearest.DeviceView(),
            Of(colors, others));
    }

    public void PullColors(Tensor colors, Tensor others, Tensor nearest, bool ofOthers, double factor, ScalarSlot sum, Tensor gradient)
    {
        if (ofOthers) ISamples.CheckColors(others, colors, nearest);
        else ISamples.CheckColors(colors, others, nearest);
        ISamples.CheckSame(colors, gradient);
        int groups = Math.Clamp(colors.Shape.Height / IlgpuSums.GroupSize, 1, IlgpuSums.MostGroups);
        var p = Of(colors, others);
        (p.OfOthers, p.Factor) = (ofOthers ? 1 : 0, (float)factor);
        pullColors(device.Groups(groups, 1, IlgpuSums.GroupSize), colors.DeviceView(), others.DeviceView(), nearest.DeviceView(),
            gradient.DeviceView(), sum.Parts(), p);
    }

    public void ForecastRelations(int rows, bool compared, ScratchForecast forecast) =>
        forecast.Add("sums of relations", IlgpuStorage.Bytes(2L * rows));

    /// <summary>A group a row.</summary>
    KernelConfig Rows(Tensor matrix) => device.Groups(matrix.Shape.Height, 1, IlgpuSums.GroupSize);

    ArrayView<double> Sums(int rows) => device.Grown(ref rowSums, 2L * rows).Values<double>();

    static PaletteKernels.Parameters Of(Tensor colors, Tensor others) =>
        new()
        {
            Count = colors.Shape.Height,
            Others = others.Shape.Height,
            LeastColor = ISamples.LeastColor,
            LeastSquares = ISamples.LeastSquares,
        };
}
