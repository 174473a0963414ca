using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// The vector operations on stored values, whatever their layout; padding stays 0. Dot products and combinations take four
/// vectors per launch, so that y and the destination are read once for four.
/// </summary>
internal sealed class IlgpuVectors : IVectors
{
    readonly IlgpuDevice device;
    readonly List<Tensor> others = [];
    readonly List<double> factors = [];
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>> copy, mask;
    readonly Action<KernelConfig, ArrayView<float>, VectorKernels.Window, ArrayView<float>> copyPart;
    readonly Action<KernelConfig, ArrayView<float>, VectorKernels.Window, VectorKernels.PerPlane, VectorKernels.PerPlane, ArrayView<float>> normalise;
    readonly Action<KernelConfig, ArrayView<float>, VectorKernels.Window, VectorKernels.PerPlane, ArrayView<float>> normaliseGradient;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<double>> absolutes;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>, int> dot;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, VectorKernels.Coefficients> combine;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<int>> pack;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<double>, int> dotPacked;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, VectorKernels.Coefficients> combinePacked;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, VectorKernels.AdamConstants> adam;

    public IlgpuVectors(IlgpuDevice device)
    {
        this.device = device;
        copy = device.Load<ArrayView<float>, ArrayView<float>>(VectorKernels.Copy);
        copyPart = device.Load<ArrayView<float>, VectorKernels.Window, ArrayView<float>>(VectorKernels.CopyPart);
        mask = device.Load<ArrayView<float>, ArrayView<float>>(VectorKernels.Mask);
        normalise = device.Load<ArrayView<float>, VectorKernels.Window, VectorKernels.PerPlane, VectorKernels.PerPlane, ArrayView<float>>(VectorKernels.Normalise);
        normaliseGradient = device.Load<ArrayView<float>, VectorKernels.Window, VectorKernels.PerPlane, ArrayView<float>>(VectorKernels.NormaliseGradient);
        absolutes = device.Load<ArrayView<float>, ArrayView<double>>(VectorKernels.Absolutes);
        dot = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>, int>(VectorKernels.Dot);
        combine = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, VectorKernels.Coefficients>(VectorKernels.Combine);
        pack = device.Load<ArrayView<float>, ArrayView<int>>(VectorKernels.Pack);
        dotPacked = device.Load<ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<double>, int>(VectorKernels.DotPacked);
        combinePacked = device.Load<ArrayView<float>, ArrayView<int>, ArrayView<int>, ArrayView<int>, ArrayView<int>, VectorKernels.Coefficients>(VectorKernels.CombinePacked);
        adam = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, VectorKernels.AdamConstants>(VectorKernels.Adam);
    }

    public void Fill(Tensor x, float value)
    {
        var layout = x.DeviceLayout();
        int channels = layout.ChannelsLast ? x.Shape.Channels : 1;
        device.Fill(x.DeviceView(), value, channels, layout.Inner);
    }

    public void Copy(Tensor source, Tensor destination)
    {
        CheckEqual(source, destination);
        copy(device.Threads(destination.DeviceLayout().Count), source.DeviceView(), destination.DeviceView());
    }

    public void CopyPart(Tensor source, Region part, Tensor destination)
    {
        IVectors.CheckPart(source, part, destination);
        int inner = source.DeviceLayout().Inner;
        copyPart(device.Threads(destination.DeviceLayout().Count), source.DeviceView(), Window(destination, source, part.Corner, inner), destination.DeviceView());
    }

    public void Pack(Tensor source, Tensor packed)
    {
        IVectors.CheckPacked(source, packed);
        pack(device.Threads(PackedFormat.Blocks(packed.Shape.Count)), source.DeviceView(), packed.OnIlgpu().Words);
    }

    public void Normalise(Tensor picture, Corner corner, ReadOnlySpan<double> mean, ReadOnlySpan<double> scale, Tensor window)
    {
        corner = IVectors.Check(window, picture, corner, scale);
        normalise(device.Threads(window.DeviceLayout().Count), picture.DeviceView(), Window(window, picture, corner), Planes(mean), Planes(scale), window.DeviceView());
    }

    public void NormaliseGradient(Tensor window, ReadOnlySpan<double> scale, Tensor picture, Corner corner)
    {
        corner = IVectors.Check(window, picture, corner, scale);
        long covered = (long)Math.Min(window.Shape.Height, picture.Shape.Height) * Math.Min(window.Shape.Width, picture.Shape.Width);
        normaliseGradient(device.Threads(window.Shape.Channels * covered), window.DeviceView(), Window(window, picture, corner), Planes(scale), picture.DeviceView());
    }

    static VectorKernels.Window Window(Tensor window, Tensor picture, Corner corner, int inner = 1) => new()
    {
        Height = window.Shape.Height,
        Width = window.Shape.Width * inner,
        Top = corner.Top,
        Left = corner.Left * inner,
        PictureHeight = picture.Shape.Height,
        PictureWidth = picture.Shape.Width * inner,
    };

    static VectorKernels.PerPlane Planes(ReadOnlySpan<double> values) =>
        new() { First = (float)values[0], Second = values.Length > 1 ? (float)values[1] : 0, Third = values.Length > 2 ? (float)values[2] : 0 };

    public void MaskByRelu(Tensor activation, Tensor gradient)
    {
        CheckEqual(activation, gradient);
        mask(device.Threads(gradient.DeviceLayout().Count), activation.DeviceView(), gradient.DeviceView());
    }

    public void Dot(IReadOnlyList<Tensor> vectors, Tensor y, Scalars sums, int first)
    {
        long count = y.DeviceLayout().Count;
        int groups = IlgpuSums.Groups(count);
        foreach (var vector in vectors) CheckEqual(vector, y);
        var config = device.Groups(groups, 1, IlgpuSums.GroupSize);
        for (int i = 0, end; i < vectors.Count; i = end)
        {
            end = EndOfLaunch(vectors, i);
            IlgpuTensor At(int j) => vectors[Math.Min(i + j, end - 1)].OnIlgpu();
            var parts = new ScalarSlot(sums, first + i).Parts();
            if (vectors[i].Packed) dotPacked(config, y.DeviceView(), At(0).Words, At(1).Words, At(2).Words, At(3).Words, parts, end - i);
            else dot(config, y.DeviceView(), At(0).Values, At(1).Values, At(2).Values, At(3).Values, parts, end - i);
        }
    }

    /// <summary>One launch takes up to four vectors, all packed or none: where those that begin at <paramref name="from"/> end.</summary>
    static int EndOfLaunch(IReadOnlyList<Tensor> vectors, int from)
    {
        int end = from + 1;
        while (end < vectors.Count && end - from < VectorKernels.DotVectors && vectors[end].Packed == vectors[from].Packed) end++;
        return end;
    }

    public void SumOfAbsolutes(Tensor x, ScalarSlot sum)
    {
        int groups = IlgpuSums.Groups(x.DeviceLayout().Count);
        absolutes(device.Groups(groups, 1, IlgpuSums.GroupSize), x.DeviceView(), sum.Parts());
    }

    public void Combine(IReadOnlyList<Tensor> vectors, ReadOnlySpan<double> coefficients, Tensor destination)
    {
        if (vectors.Count != coefficients.Length)
            throw new ArgumentException($"{vectors.Count} vectors, {coefficients.Length} coefficients.", nameof(coefficients));
        // The destination may be among the vectors: its share is its own coefficient, taken before anything is overwritten.
        double own = 0;
        others.Clear();
        factors.Clear();
        for (int i = 0; i < vectors.Count; i++)
        {
            CheckEqual(vectors[i], destination);
            if (vectors[i].OnIlgpu().Storage == destination.OnIlgpu().Storage)
            {
                own += coefficients[i];
                continue;
            }
            others.Add(vectors[i]);
            factors.Add(coefficients[i]);
        }
        // Vectors that fill up a launch must not be the destination, which may hold anything, unless there is nothing else.
        if (others.Count == 0)
        {
            others.Add(destination);
            factors.Add(0);
        }
        var to = destination.DeviceView();
        for (int i = 0, end; i < others.Count; i = end, own = 1)
        {
            end = EndOfLaunch(others, i);
            IlgpuTensor At(int j) => others[Math.Min(i + j, end - 1)].OnIlgpu();
            double Factor(int j) => i + j < end ? factors[i + j] : 0;
            VectorKernels.Coefficients k = new() { Own = own, A = Factor(0), B = Factor(1), C = Factor(2), D = Factor(3) };
            if (others[i].Packed) combinePacked(device.Threads(PackedFormat.Words(to.Length)), to, At(0).Words, At(1).Words, At(2).Words, At(3).Words, k);
            else combine(device.Threads(to.Length), to, At(0).Values, At(1).Values, At(2).Values, At(3).Values, k);
        }
    }

    public void Adam(Tensor x, Tensor gradient, Tensor firstMoment, Tensor secondMoment, AdamStep step)
    {
        CheckEqual(gradient, x);
        CheckEqual(firstMoment, x);
        CheckEqual(secondMoment, x);
        adam(device.Threads(x.DeviceLayout().Count), x.DeviceView(), gradient.DeviceView(), firstMoment.DeviceView(), secondMoment.DeviceView(), new()
        {
            Beta1 = (float)step.Beta1,
            Rest1 = (float)(1 - step.Beta1),
            Beta2 = (float)step.Beta2,
            Rest2 = (float)(1 - step.Beta2),
            Rate = (float)step.CorrectedRate,
            Correction = (float)(1 / step.SecondCorrection),
            Epsilon = (float)step.Epsilon,
        });
    }

    static void CheckEqual(Tensor a, Tensor b)
    {
        if (a.Shape != b.Shape) throw new ArgumentException($"{a.Shape} and {b.Shape} differ.");
    }
}
