namespace GpuStyle.Kernels;

/// <summary>
/// Counts the memory that another device would hold, without holding any: tensors have no storage, operations compute nothing and only
/// count the scratch memory that the other device's would take. What is read back is 1 everywhere, so that whoever divides by it or takes
/// its root goes on. A run on it (of the same sizes, settings and layers) shows in <see cref="Device.PeakBytes"/> what it would hold at
/// most.
/// </summary>
/// <param name="engine">The other device. It stays the caller's, and nothing is allocated on it.</param>
internal sealed class CountingDevice(Device engine) : Device
{
    CountingOperations? operations;
    long peak;

    /// <summary>Bytes of scratch memory counted so far.</summary>
    public long ScratchBytes { get; private set; }

    /// <summary>Bytes of weights counted now.</summary>
    public long WeightBytes { get; private set; }

    /// <inheritdoc/>
    public override DeviceKind Kind => engine.Kind;

    /// <inheritdoc/>
    public override string Name => engine.Name;

    /// <inheritdoc/>
    public override Precision Precision => engine.Precision;

    /// <inheritdoc/>
    public override bool InHostMemory => engine.InHostMemory;

    internal override bool HasValues => false;

    /// <inheritdoc/>
    public override long FreeBytes => engine.FreeBytes;

    /// <inheritdoc/>
    public override IConvolution Convolution => Operations;

    /// <inheritdoc/>
    public override IPooling Pooling => Operations;

    /// <inheritdoc/>
    public override IGram Gram => Operations;

    /// <inheritdoc/>
    public override IMoments Moments => Operations;

    /// <inheritdoc/>
    public override IMatching Matching => Operations;

    /// <inheritdoc/>
    public override ISamples Samples => Operations;

    /// <inheritdoc/>
    public override IMatrices Matrices => Operations;

    /// <inheritdoc/>
    public override ISquaredError SquaredError => Operations;

    /// <inheritdoc/>
    public override ITotalVariation TotalVariation => Operations;

    /// <inheritdoc/>
    public override IVectors Vectors => Operations;

    /// <inheritdoc/>
    public override IResampling Resampling => Operations;

    /// <inheritdoc/>
    public override ISmoothing Smoothing => Operations;

    /// <inheritdoc/>
    public override Tensor Allocate(Shape shape) => new CountedTensor(this, shape.Checked(), engine.StorageBytes(shape), packed: false);

    /// <inheritdoc/>
    public override Tensor AllocatePacked(Shape shape) => new CountedTensor(this, shape.Checked(), engine.PackedBytes(shape), packed: true);

    /// <inheritdoc/>
    public override Tensor AllocateBeforePooling(Shape output, int inputChannels, PoolingKind kind) =>
        new CountedTensor(this, output.Checked(), engine.BytesBeforePooling(output, inputChannels, kind), packed: false);

    /// <inheritdoc/>
    public override Scalars AllocateScalars(int count) => new CountedScalars(this, count, engine.ScalarBytes(count));

    /// <inheritdoc/>
    public override long StorageBytes(Shape shape) => engine.StorageBytes(shape);

    /// <inheritdoc/>
    public override long PackedBytes(Shape shape) => engine.PackedBytes(shape);

    /// <inheritdoc/>
    public override long BytesBeforePooling(Shape output, int inputChannels, PoolingKind kind) => engine.BytesBeforePooling(output,
        inputChannels, kind);

    /// <inheritdoc/>
    public override void Upload(ReadOnlySpan<float> values, Tensor tensor) { }

    /// <inheritdoc/>
    public override void Download(Tensor tensor, Span<float> values) => values.Fill(1);

    internal override void WriteRun(ReadOnlySpan<float> values, Tensor picture, long first) { }

    internal override void ReadRun(Tensor picture, long first, Span<float> values) { }

    internal override void WriteBytes(ReadOnlySpan<byte> bytes, Tensor picture, long first) { }

    internal override void ReadBytes(Tensor picture, long first, Span<byte> bytes) { }

    /// <inheritdoc/>
    public override void Synchronize() { }

    internal override bool GuardsIntact(Tensor tensor) => true;

    /// <summary>The most that has been held since this was last asked.</summary>
    internal long TakePeak()
    {
        long most = peak;
        peak = AllocatedBytes;
        return most;
    }

    /// <summary>Bytes are taken, or given back.</summary>
    internal void Count(long bytes)
    {
        Account(bytes);
        peak = Math.Max(peak, AllocatedBytes);
    }

    /// <summary>A filter of a shape is taken, or given back.</summary>
    internal void CountWeights(long bytes)
    {
        Count(bytes);
        WeightBytes += bytes;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) { }

    CountingOperations Operations => operations ??= new(this, engine, new(bytes =>
    {
        Count(bytes);
        ScratchBytes += bytes;
    }));
}

/// <summary>The bytes of a tensor.</summary>
internal sealed class CountedTensor : Tensor
{
    readonly CountingDevice device;
    long bytes;

    public CountedTensor(CountingDevice device, Shape shape, long bytes, bool packed) : base(device, shape)
    {
        (this.device, this.bytes, Packed) = (device, bytes, packed);
        device.Count(bytes);
    }

    public override bool Packed { get; }

    public override Tensor As(Shape shape) => new CountedTensor(device, shape.Checked(), 0, Packed);

    public override void Dispose()
    {
        device.Count(-bytes);
        bytes = 0;
    }
}

/// <summary>The bytes of sums, each of which is 1.</summary>
internal sealed class CountedScalars : Scalars
{
    long bytes;

    public CountedScalars(CountingDevice device, int count, long bytes) : base(device, count)
    {
        this.bytes = bytes;
        device.Count(bytes);
    }

    public override void Clear() { }

    public override void Read(Span<double> values) => values[..Count].Fill(1);

    public override void Write(ReadOnlySpan<double> values) { }

    public override void Dispose()
    {
        ((CountingDevice)Device).Count(-bytes);
        bytes = 0;
    }
}

/// <summary>The bytes of a convolution's weights.</summary>
internal sealed class CountedFilter : Filter
{
    readonly CountingDevice device;
    long bytes;

    public CountedFilter(CountingDevice device, int outputChannels, int inputChannels, long bytes) : base(outputChannels, inputChannels)
    {
        (this.device, this.bytes) = (device, bytes);
        device.CountWeights(bytes);
    }

    public override void Dispose()
    {
        device.CountWeights(-bytes);
        bytes = 0;
    }
}
