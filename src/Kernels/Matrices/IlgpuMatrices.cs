using ILGPU;
using Parameters = GpuStyle.Kernels.MatrixKernels.Parameters;

namespace GpuStyle.Kernels;

/// <summary>Matrices of the ILGPU engine, in float32 whatever convolutions multiply in: roots amplify rounding. No scratch but the root's.</summary>
internal sealed class IlgpuMatrices : NewtonSchulz
{
    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters> combine, multiply, apply;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<double>, Parameters> trace;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, int> traceAsNumber;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters> normalise, scaleByRoot;

    public IlgpuMatrices(IlgpuDevice device)
        : base(device)
    {
        this.device = device;
        var a = device.Accelerator;
        combine = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>(MatrixKernels.Combine);
        multiply = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>(MatrixKernels.Multiply);
        apply = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>(MatrixKernels.Apply);
        trace = device.Load<ArrayView<float>, ArrayView<double>, Parameters>(MatrixKernels.Trace);
        traceAsNumber = device.Load<ArrayView<float>, ArrayView<float>, int>(MatrixKernels.TraceAsNumber);
        normalise = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>(MatrixKernels.Normalise);
        scaleByRoot = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>(MatrixKernels.ScaleByRoot);
    }

    public override void Combine(Tensor matrix, double scale, Tensor? vector, double vectorScale, double diagonal, Tensor result)
    {
        int order = IMatrices.Order(matrix, result);
        IMatrices.CheckVectors(order, vector);
        combine(Entries(order), matrix.DeviceView(), (vector ?? matrix).DeviceView(), result.DeviceView(),
            new() { Order = order, Scale = (float)scale, Second = (float)vectorScale, Diagonal = (float)diagonal, Flag = vector is null ? 0 : 1 });
    }

    public override void Multiply(Tensor left, Tensor right, double scale, double diagonal, Tensor result)
    {
        int order = IMatrices.Order(left, right, result), tiles = (order + MatrixKernels.Tile - 1) / MatrixKernels.Tile;
        multiply(device.Threads((long)tiles * tiles), left.DeviceView(), right.DeviceView(), result.DeviceView(), new() { Order = order, Scale = (float)scale, Diagonal = (float)diagonal });
    }

    public override void Apply(Tensor matrix, Tensor vector, double scale, Tensor result, bool accumulate)
    {
        int order = IMatrices.Order(matrix);
        IMatrices.CheckVectors(order, vector, result);
        apply(device.Groups(order, 1, IlgpuSums.GroupSize), matrix.DeviceView(), vector.DeviceView(), result.DeviceView(), new() { Order = order, Scale = (float)scale, Flag = accumulate ? 1 : 0 });
    }

    public override void Trace(Tensor matrix, double scale, ScalarSlot sum)
    {
        trace(device.Groups(1, 1, IlgpuSums.GroupSize), matrix.DeviceView(), sum.Parts(), new() { Order = IMatrices.Order(matrix), Scale = (float)scale });
    }

    protected override void Normalise(Tensor matrix, double diagonal, Tensor result, Tensor trace)
    {
        int order = IMatrices.Order(matrix, result);
        traceAsNumber(device.Groups(1, 1, IlgpuSums.GroupSize), matrix.DeviceView(), trace.DeviceView(), order);
        normalise(Entries(order), matrix.DeviceView(), trace.DeviceView(), result.DeviceView(), new() { Order = order, Diagonal = (float)diagonal });
    }

    protected override void ScaleByRoot(Tensor matrix, Tensor number, bool inverse, Tensor result) =>
        scaleByRoot(Entries(IMatrices.Order(matrix, result)), matrix.DeviceView(), number.DeviceView(), result.DeviceView(), new() { Order = matrix.Shape.Width, Flag = inverse ? 1 : 0 });

    KernelConfig Entries(int order) => device.Threads((long)order * order);
}
