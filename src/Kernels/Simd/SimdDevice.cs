using System.Runtime.Intrinsics;

namespace GpuStyle.Kernels;

/// <summary>
/// Vector instructions on all cores of the host: what a machine without a GPU computes with. Operations are done when their
/// call returns. Convolutions and Gram matrices use the widest vectors that the processor has (512, 256 or 128 bits; the
/// runtime's switches DOTNET_EnableAVX512=0 and DOTNET_EnableAVX2=0 select narrower ones), packed vectors 256, the rest what
/// <see cref="System.Numerics.Vector{T}"/> is there.
/// </summary>
public sealed unsafe class SimdDevice : Device
{
    readonly Team team;
    readonly bool exact;
    readonly HashSet<NativeBlock> blocks = [];
    readonly NativeBlock?[] scratch = new NativeBlock?[Enum.GetValues<Scratch>().Length];
    readonly NativeBlock?[] copies = new NativeBlock?[SimdTransfer.MostCopies];
    bool disposed;

    /// <summary>Opens the host's cores.</summary>
    /// <param name="threads">Threads to compute with; 0 means one per core.</param>
    /// <param name="exact">Whether convolutions avoid Winograd's transforms: four to five times the products, a fourth to a ninth of the rounding error.</param>
    public SimdDevice(int threads = 0, bool exact = false)
        : this(threads, exact, Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128)
    {
    }

    /// <summary>The same with a given width of vectors, in bits, for tests.</summary>
    internal SimdDevice(int threads, bool exact, int vectorBits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        this.exact = exact;
        team = new Team(threads == 0 ? Environment.ProcessorCount : threads);
        VectorBits = vectorBits;
        Name = $"{Processor.Name}, {team.Size} thread{(team.Size == 1 ? "" : "s")}, {Processor.VectorName(vectorBits)}";
        (Convolution, Gram, Matching, Samples, Matrices) = vectorBits switch
        {
            512 => Wide<Simd512>(exact),
            256 => Wide<Simd256>(exact),
            _ => Wide<Simd128>(exact),
        };
        Pooling = new SimdPooling(this);
        Moments = new SimdMoments(this);
        SquaredError = new SimdSquaredError(this);
        TotalVariation = new SimdTotalVariation(this);
        Vectors = new SimdVectors(this);
        Resampling = new SimdResampling(this);
        Smoothing = new SimdSmoothing(this);
    }

    /// <summary>Ends the threads and frees the memory of a device that was forgotten.</summary>
    ~SimdDevice() => Dispose(false);

    /// <inheritdoc/>
    public override DeviceKind Kind => DeviceKind.Simd;

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override IConvolution Convolution { get; }

    /// <inheritdoc/>
    public override IPooling Pooling { get; }

    /// <inheritdoc/>
    public override IGram Gram { get; }

    /// <inheritdoc/>
    public override IMoments Moments { get; }

    /// <inheritdoc/>
    public override IMatching Matching { get; }

    /// <inheritdoc/>
    public override ISamples Samples { get; }

    /// <inheritdoc/>
    public override IMatrices Matrices { get; }

    /// <inheritdoc/>
    public override ISquaredError SquaredError { get; }

    /// <inheritdoc/>
    public override ITotalVariation TotalVariation { get; }

    /// <inheritdoc/>
    public override IVectors Vectors { get; }

    /// <inheritdoc/>
    public override IResampling Resampling { get; }

    /// <inheritdoc/>
    public override ISmoothing Smoothing { get; }

    /// <summary>Threads that compute.</summary>
    public int Threads => team.Size;

    /// <summary>Bits of the vectors that convolutions and Gram matrices use.</summary>
    internal int VectorBits { get; }

    /// <inheritdoc/>
    public override Tensor Allocate(Shape shape) => Allocate(shape.Checked(), SimdTensor.LayoutOf(shape));

    /// <inheritdoc/>
    public override Tensor AllocatePacked(Shape shape) => SimdTensor.LayoutOf(shape.Checked()) != SimdLayout.Planar
        ? throw new ArgumentException($"{shape} is no picture and cannot be packed.", nameof(shape))
        : Allocate(shape, SimdLayout.Packed);

    /// <inheritdoc/>
    public override Tensor AllocateBeforePooling(Shape output, int inputChannels, PoolingKind kind) => Allocate(output.Checked(), BeforePooling(output, inputChannels, kind));

    /// <inheritdoc/>
    public override long PackedBytes(Shape shape) => Bytes(shape, SimdLayout.Packed);

    /// <inheritdoc/>
    public override long BytesBeforePooling(Shape output, int inputChannels, PoolingKind kind) => Bytes(output, BeforePooling(output, inputChannels, kind));

    /// <inheritdoc/>
    public override Scalars AllocateScalars(int count)
    {
        Admit(0);
        return new SimdScalars(this, count);
    }

    /// <inheritdoc/>
    public override long StorageBytes(Shape shape) => Bytes(shape, SimdTensor.LayoutOf(shape));

    /// <inheritdoc/>
    public override void Upload(ReadOnlySpan<float> values, Tensor tensor)
    {
        RefuseWhileRecording("copy from the host");
        if (values.Length != tensor.Shape.Count) throw new ArgumentException($"{values.Length} values do not fill {tensor.Shape}.", nameof(values));
        fixed (float* from = values) SimdTransfer.FromPlanes(this, from, tensor.Simd());
    }

    /// <inheritdoc/>
    public override void Download(Tensor tensor, Span<float> values)
    {
        if (values.Length != tensor.Shape.Count) throw new ArgumentException($"{tensor.Shape} does not fill {values.Length} values.", nameof(values));
        Synchronize();
        fixed (float* to = values) SimdTransfer.ToPlanes(this, tensor.Simd(), to);
    }

    internal override void WriteRun(ReadOnlySpan<float> values, Tensor picture, long first) => values.CopyTo(new Span<float>(picture.Simd().Data + first, values.Length));

    internal override void ReadRun(Tensor picture, long first, Span<float> values) => new Span<float>(picture.Simd().Data + first, values.Length).CopyTo(values);

    internal override void WriteBytes(ReadOnlySpan<byte> bytes, Tensor picture, long first) =>
        bytes.CopyTo(Bytes(picture, first, bytes.Length));

    internal override void ReadBytes(Tensor picture, long first, Span<byte> bytes) => Bytes(picture, first, bytes.Length).CopyTo(bytes);

    static Span<byte> Bytes(Tensor picture, long first, int count) =>
        (SimdTensor)picture is { Layout: SimdLayout.Planar or SimdLayout.Packed } own
        ? new((byte*)own.Data + first, count)
        : throw new ArgumentException($"{picture.Shape} is no picture.", nameof(picture));

    /// <inheritdoc/>
    public override void Synchronize() => CountSynchronization();

    internal override bool GuardsIntact(Tensor tensor) => ((SimdTensor)tensor).Block.GuardsIntact;

    /// <summary>Does a job's items on all threads; see <see cref="Team.Run"/>.</summary>
    internal void Run<TJob>(in TJob job, int items)
        where TJob : unmanaged, IJob
    {
        team.Run(job, items);
        GC.KeepAlive(this);
    }

    /// <summary>A tensor of zeros in any layout.</summary>
    internal SimdTensor Allocate(Shape shape, SimdLayout layout) => new(this, shape, Reserve(SimdTensor.FloatsFor(shape, layout)), layout, owner: true);

    static long Bytes(Shape shape, SimdLayout layout) => NativeBlock.BytesFor(SimdTensor.FloatsFor(shape, layout));

    SimdLayout BeforePooling(Shape output, int inputChannels, PoolingKind kind) =>
        IPooling.IsMean(kind) && SimdAlgorithms.Choose(output.Channels, inputChannels, exact) != SimdAlgorithm.Direct
            ? SimdLayout.Mask
            : SimdTensor.LayoutOf(output);

    internal NativeBlock Reserve(long floats)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        Admit(NativeBlock.BytesFor(floats));
        var block = new NativeBlock(floats);
        blocks.Add(block);
        Account(block.Bytes);
        return block;
    }

    internal void Free(NativeBlock block)
    {
        if (!blocks.Remove(block)) return;
        Account(-block.Bytes);
        block.Free();
    }

    /// <summary>Memory for the duration of one operation, kept for the next; its values are undefined.</summary>
    internal float* Temporary(Scratch purpose, long floats)
    {
        ref var block = ref scratch[(int)purpose];
        if (block is null || block.Floats < floats)
        {
            if (block is not null) Free(block);
            block = null;
            block = Reserve(floats);
        }
        return block.Data;
    }

    /// <summary>Memory for a copy of a tensor of few channels in the other layout, until the next one of the same number.</summary>
    internal SimdTensor BlockedCopy(Shape shape, int number)
    {
        ref var block = ref copies[number];
        long floats = SimdTensor.FloatsFor(shape, SimdLayout.Blocked);
        if (block is null || block.Floats < floats)
        {
            if (block is not null) Free(block);
            block = null;
            block = Reserve(floats);
        }
        return new(this, shape, block, SimdLayout.Blocked, owner: false);
    }

    /// <summary>Forecasts <see cref="BlockedCopy"/> for a tensor that is in its own layout.</summary>
    internal static void ForecastCopy(ScratchForecast forecast, Shape shape, int number = 0)
    {
        if (SimdTensor.LayoutOf(shape) != SimdLayout.Blocked)
            forecast.Add($"copy {number}", NativeBlock.BytesFor(SimdTensor.FloatsFor(shape, SimdLayout.Blocked)));
    }

    /// <summary>Forecasts <see cref="Temporary"/>.</summary>
    internal static void Forecast(ScratchForecast forecast, Scratch purpose, long floats) => forecast.Add(purpose.ToString(), NativeBlock.BytesFor(floats));

    /// <summary>Memory for double-precision partial sums.</summary>
    internal double* Partials(long count) => (double*)Temporary(Scratch.Partials, 2 * count);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposed) return;
        disposed = true;
        team?.Dispose();
        foreach (var block in blocks)
        {
            Account(-block.Bytes);
            block.Free();
        }
        blocks.Clear();
    }

    (IConvolution Convolution, IGram Gram, IMatching Matching, ISamples Samples, IMatrices Matrices) Wide<TVector>(bool exact)
        where TVector : struct, ISimd<TVector> =>
        (new SimdConvolution<TVector>(this, exact), new SimdGram<TVector>(this), new SimdMatching<TVector>(this), new SimdSamples<TVector>(this),
            new SimdMatrices<TVector>(this));
}
