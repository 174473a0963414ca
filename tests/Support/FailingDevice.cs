using GpuStyle.Kernels;
using ILGPU.Runtime.OpenCL;

namespace GpuStyle.Tests.Support;

/// <summary>A device that computes as another does until it fails, once and for all, in a given evaluation.</summary>
internal sealed class FailingDevice(Device inner, int evaluation) : Device
{
    int evaluations;

    /// <summary>What it says that it has free, if not the truth.</summary>
    public long? Free { get; init; }

    public override DeviceKind Kind => inner.Kind;
    public override string Name => "failing device";
    public override long FreeBytes => Free ?? inner.FreeBytes;
    public override IConvolution Convolution => inner.Convolution;
    public override IPooling Pooling => inner.Pooling;
    public override IGram Gram => inner.Gram;
    public override IMoments Moments => inner.Moments;
    public override IMatrices Matrices => inner.Matrices;
    public override ISquaredError SquaredError => inner.SquaredError;
    public override ITotalVariation TotalVariation => new Variation(this);
    public override IVectors Vectors => inner.Vectors;
    public override IResampling Resampling => inner.Resampling;
    public override ISmoothing Smoothing => inner.Smoothing;
    public override Tensor Allocate(Shape shape) => inner.Allocate(shape);
    public override Tensor AllocatePacked(Shape shape) => inner.AllocatePacked(shape);
    public override Scalars AllocateScalars(int count) => inner.AllocateScalars(count);
    public override long StorageBytes(Shape shape) => inner.StorageBytes(shape);
    public override long PackedBytes(Shape shape) => inner.PackedBytes(shape);
    public override void Upload(ReadOnlySpan<float> values, Tensor tensor) => inner.Upload(values, tensor);
    public override void Download(Tensor tensor, Span<float> values) => inner.Download(tensor, values);
    public override void Synchronize() => inner.Synchronize();

    internal override void WriteRun(ReadOnlySpan<float> values, Tensor picture, long first) => inner.WriteRun(values, picture, first);

    internal override void ReadRun(Tensor picture, long first, Span<float> values) => inner.ReadRun(picture, first, values);

    internal override bool GuardsIntact(Tensor tensor) => inner.GuardsIntact(tensor);

    protected override void Dispose(bool disposing) => inner.Dispose();

    /// <summary>Every evaluation asks for the variation once.</summary>
    sealed class Variation(FailingDevice device) : ITotalVariation
    {
        public void Evaluate(TotalVariationKind kind, Tensor picture, ScalarSlot value, Tensor gradient, float weight, Tensor? pairs)
        {
            if (++device.evaluations >= device.Failing) throw new CLException(CLError.CL_OUT_OF_RESOURCES);
            device.Inner.TotalVariation.Evaluate(kind, picture, value, gradient, weight, pairs);
        }
    }

    Device Inner => inner;

    int Failing => evaluation;
}
