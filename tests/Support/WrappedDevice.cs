using GpuStyle.Kernels;

namespace GpuStyle.Tests.Support;

/// <summary>A device that leaves everything to another, but for what is overridden.</summary>
internal abstract class WrappedDevice(Device inner) : Device
{
    protected Device Inner => inner;

    public override DeviceKind Kind => inner.Kind;
    public override string Name => inner.Name;
    public override long FreeBytes => inner.FreeBytes;
    public override IConvolution Convolution => inner.Convolution;
    public override IPooling Pooling => inner.Pooling;
    public override IGram Gram => inner.Gram;
    public override IMoments Moments => inner.Moments;
    public override IMatching Matching => inner.Matching;
    public override ISamples Samples => inner.Samples;
    public override IMatrices Matrices => inner.Matrices;
    public override ISquaredError SquaredError => inner.SquaredError;
    public override ITotalVariation TotalVariation => inner.TotalVariation;
    public override IVectors Vectors => inner.Vectors;
    public override IResampling Resampling => inner.Resampling;
    public override ISmoothing Smoothing => inner.Smoothing;
    public override Tensor Allocate(Shape shape) => inner.Allocate(shape);
    public override Tensor AllocatePacked(Shape shape) => inner.AllocatePacked(shape);
    public override Tensor AllocateBeforePooling(Shape output, int inputChannels, PoolingKind kind) => inner.AllocateBeforePooling(output, inputChannels, kind);
    public override Scalars AllocateScalars(int count) => inner.AllocateScalars(count);
    public override long StorageBytes(Shape shape) => inner.StorageBytes(shape);
    public override long PackedBytes(Shape shape) => inner.PackedBytes(shape);
    public override long BytesBeforePooling(Shape output, int inputChannels, PoolingKind kind) => inner.BytesBeforePooling(output, inputChannels, kind);
    public override void Upload(ReadOnlySpan<float> values, Tensor tensor) => inner.Upload(values, tensor);
    public override void Download(Tensor tensor, Span<float> values) => inner.Download(tensor, values);
    public override void Synchronize() => inner.Synchronize();

    internal override void WriteRun(ReadOnlySpan<float> values, Tensor picture, long first) => inner.WriteRun(values, picture, first);

    internal override void ReadRun(Tensor picture, long first, Span<float> values) => inner.ReadRun(picture, first, values);

    internal override SavedEncoding EncodingOf(Tensor picture) => inner.EncodingOf(picture);

    internal override void WriteBytes(ReadOnlySpan<byte> bytes, Tensor picture, long first) => inner.WriteBytes(bytes, picture, first);

    internal override void ReadBytes(Tensor picture, long first, Span<byte> bytes) => inner.ReadBytes(picture, first, bytes);

    internal override bool GuardsIntact(Tensor tensor) => inner.GuardsIntact(tensor);

    protected override void Dispose(bool disposing) => inner.Dispose();
}
