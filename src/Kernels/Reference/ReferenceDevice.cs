using System.Runtime.InteropServices;

namespace GpuStyle.Kernels;

/// <summary>
/// The engine that the others are measured against: double precision, the formulas of the operation families as they are
/// written, no layout tricks. Slow; used by tests and by whoever wants a second opinion.
/// </summary>
public sealed class ReferenceDevice : Device
{
    /// <inheritdoc/>
    public override DeviceKind Kind => DeviceKind.Reference;

    /// <inheritdoc/>
    public override string Name => "float64 reference";

    /// <inheritdoc/>
    public override IConvolution Convolution { get; } = new ReferenceConvolution();

    /// <inheritdoc/>
    public override IPooling Pooling { get; } = new ReferencePooling();

    /// <inheritdoc/>
    public override IGram Gram { get; } = new ReferenceGram();

    /// <inheritdoc/>
    public override IMoments Moments { get; } = new ReferenceMoments();

    /// <inheritdoc/>
    public override IMatching Matching { get; } = new ReferenceMatching();

    /// <inheritdoc/>
    public override ISamples Samples { get; } = new ReferenceSamples();

    /// <inheritdoc/>
    public override IMatrices Matrices { get; } = new ReferenceMatrices();

    /// <inheritdoc/>
    public override ISquaredError SquaredError { get; } = new ReferenceSquaredError();

    /// <inheritdoc/>
    public override ITotalVariation TotalVariation { get; } = new ReferenceTotalVariation();

    /// <inheritdoc/>
    public override IVectors Vectors { get; } = new ReferenceVectors();

    /// <inheritdoc/>
    public override IResampling Resampling { get; } = new ReferenceResampling();

    /// <inheritdoc/>
    public override ISmoothing Smoothing { get; } = new ReferenceSmoothing();

    /// <inheritdoc/>
    public override Tensor Allocate(Shape shape)
    {
        Admit(StorageBytes(shape.Checked()));
        Account(StorageBytes(shape));
        return new ReferenceTensor(this, shape, new double[shape.Count], owner: true);
    }

    /// <inheritdoc/>
    public override Tensor AllocatePacked(Shape shape)
    {
        Admit(PackedBytes(shape.Checked()));
        Account(PackedBytes(shape));
        return new ReferenceTensor(this, shape, new double[shape.Count], owner: true) { IsPacked = true };
    }

    /// <summary>Doubles whose values are rounded: only the others save memory.</summary>
    public override long PackedBytes(Shape shape) => StorageBytes(shape);

    /// <inheritdoc/>
    public override Scalars AllocateScalars(int count)
    {
        Admit(0);
        return new ReferenceScalars(this, count);
    }

    /// <inheritdoc/>
    public override long StorageBytes(Shape shape) => sizeof(double) * shape.Count;

    /// <inheritdoc/>
    public override void Upload(ReadOnlySpan<float> values, Tensor tensor)
    {
        RefuseWhileRecording("copy from the host");
        var to = tensor.Values();
        if (values.Length != to.Length) throw new ArgumentException($"{values.Length} values do not fill {tensor.Shape}.", nameof(values));
        for (int i = 0; i < to.Length; i++) to[i] = values[i];
    }

    /// <inheritdoc/>
    public override void Download(Tensor tensor, Span<float> values)
    {
        Synchronize();
        var from = tensor.Values();
        if (values.Length != from.Length) throw new ArgumentException($"{tensor.Shape} does not fill {values.Length} values.", nameof(values));
        for (int i = 0; i < from.Length; i++) values[i] = (float)from[i];
    }

    internal override void WriteRun(ReadOnlySpan<float> values, Tensor picture, long first)
    {
        var to = picture.Values().Slice((int)first, values.Length);
        for (int i = 0; i < to.Length; i++) to[i] = values[i];
    }

    internal override void ReadRun(Tensor picture, long first, Span<float> values)
    {
        var from = picture.Values().Slice((int)first, values.Length);
        for (int i = 0; i < from.Length; i++) values[i] = (float)from[i];
    }

    internal override SavedEncoding EncodingOf(Tensor picture) => SavedEncoding.Wide;

    internal override void WriteBytes(ReadOnlySpan<byte> bytes, Tensor picture, long first) =>
        bytes.CopyTo(Bytes(picture, first, bytes.Length));

    internal override void ReadBytes(Tensor picture, long first, Span<byte> bytes) => Bytes(picture, first, bytes.Length).CopyTo(bytes);

    static Span<byte> Bytes(Tensor picture, long first, int count) =>
        MemoryMarshal.AsBytes(picture.Values().Slice((int)(first / sizeof(double)), count / sizeof(double)));

    /// <inheritdoc/>
    public override void Synchronize() => CountSynchronization();

    /// <summary>Always: spans check every access.</summary>
    internal override bool GuardsIntact(Tensor tensor) => true;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) { }
}

/// <summary>Channel-major doubles.</summary>
internal sealed class ReferenceTensor(ReferenceDevice device, Shape shape, double[] storage, bool owner) : Tensor(device, shape)
{
    public double[] Storage => storage;

    public bool IsPacked { private get; init; }

    public override bool Packed => IsPacked;

    public override Tensor As(Shape shape)
    {
        if (shape.Checked().Count > storage.Length) throw new ArgumentException($"{shape} does not fit the storage of {Shape}.", nameof(shape));
        return new ReferenceTensor(device, shape, storage, owner: false);
    }

    public override void Dispose()
    {
        if (!owner) return;
        owner = false;
        device.Account(-sizeof(double) * (long)storage.Length);
    }
}

internal sealed class ReferenceScalars(ReferenceDevice device, int count) : Scalars(device, count)
{
    public double[] Values { get; } = new double[count];

    public override void Clear() => Array.Clear(Values);

    public override void Read(Span<double> values)
    {
        Device.Synchronize();
        Values.CopyTo(values);
    }

    public override void Write(ReadOnlySpan<double> values)
    {
        Device.RefuseWhileRecording("copy from the host");
        values[..Count].CopyTo(Values);
    }

    public override void Dispose() { }
}

/// <summary>The reference operations' access to their tensors.</summary>
internal static class ReferenceAccess
{
    /// <summary>A tensor's values, channel-major.</summary>
    public static Span<double> Values(this Tensor tensor) =>
        ((ReferenceTensor)tensor).Storage.AsSpan(0, checked((int)tensor.Shape.Count));

    /// <summary>One row of one channel.</summary>
    public static Span<double> Row(this Tensor tensor, int channel, int y) =>
        ((ReferenceTensor)tensor).Storage.AsSpan((channel * tensor.Shape.Height + y) * tensor.Shape.Width, tensor.Shape.Width);

    /// <summary>Adds to a slot.</summary>
    public static void Add(this ScalarSlot slot, double value) => ((ReferenceScalars)slot.Scalars).Values[slot.Index] += value;
}
