using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// The vector operations on stored values, whatever their layout; padding stays 0.
/// </summary>
internal sealed partial class IlgpuVectors : IVectors
{
    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>> copy, mask;
    readonly Action<KernelConfig, ArrayView<float>, VectorKernels.Window, ArrayView<float>> copyPart;
    readonly Action<KernelConfig, ArrayView<float>, VectorKernels.Window, VectorKernels.PerPlane, VectorKernels.PerPlane, ArrayView<float>> normalise;
    readonly Action<KernelConfig, ArrayView<float>, VectorKernels.Window, VectorKernels.PerPlane, ArrayView<float>> normaliseGradient;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<double>> absolutes;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<int>> pack;
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
        dot = device.Load<ArrayView<float>, ArrayView<float>, VectorRun, ArrayView<double>>(RunKernels.Dot);
        dotPacked = device.Load<ArrayView<float>, ArrayView<int>, VectorRun, ArrayView<double>>(RunKernels.DotPacked);
        combine = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, VectorKernels.Coefficients>(VectorKernels.Combine);
        combineRun = device.Load<ArrayView<float>, ArrayView<float>, double, ArrayView<float>, VectorRun, ArrayView<double>>(RunKernels.Combine);
        combinePacked = device.Load<ArrayView<float>, ArrayView<float>, double, ArrayView<int>, VectorRun, ArrayView<double>>(RunKernels.CombinePacked);
        pack = device.Load<ArrayView<float>, ArrayView<int>>(VectorKernels.Pack);
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

    public void SumOfAbsolutes(Tensor x, ScalarSlot sum)
    {
        int groups = IlgpuSums.Groups(x.DeviceLayout().Count);
        absolutes(device.Groups(groups, 1, IlgpuSums.GroupSize), x.DeviceView(), sum.Parts());
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
