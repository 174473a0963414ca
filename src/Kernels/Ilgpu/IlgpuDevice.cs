using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuStyle.Kernels;

/// <summary>
/// The engine whose kernels are C# methods compiled by ILGPU: to PTX on NVIDIA GPUs, to OpenCL C elsewhere, or run by ILGPU's
/// CPU accelerator. One stream of its own; the kernels of an operation family are compiled when that family is first used, or later.
/// </summary>
public sealed class IlgpuDevice : Device
{
    /// <summary>A family that could not be made, for lack of memory or of the leave to compile, is tried again when it is asked for again.</summary>
    const LazyThreadSafetyMode Retry = LazyThreadSafetyMode.PublicationOnly;

    /// <summary>
    /// The most 4-byte values of memory that several tensors have together: 1 GiB, and less where a device gives no more at once.
    /// </summary>
    const long MostTogether = 1L << 28;

    readonly Context context;
    readonly Lazy<Action<KernelConfig, ArrayView<float>, float, int, int>> fill;
    readonly Lazy<IlgpuSums> sums;
    readonly Lazy<IlgpuNumbers> numbers;
    readonly Lazy<TiledLauncher> tiled;
    readonly Lazy<IConvolution> convolution;
    readonly Lazy<IPooling> pooling;
    readonly Lazy<IGram> gram;
    readonly Lazy<IMoments> moments;
    readonly Lazy<IMatching> matching;
    readonly Lazy<ISamples> samples;
    readonly Lazy<IMatrices> matrices;
    readonly Lazy<ISquaredError> squaredError;
    readonly Lazy<ITotalVariation> totalVariation;
    readonly Lazy<IVectors> vectors;
    readonly Lazy<IResampling> resampling;
    readonly Lazy<ISmoothing> smoothing;

    /// <summary>Takes over a context and its accelerator.</summary>
    internal IlgpuDevice(DeviceKind kind, string name, Context context, Accelerator accelerator, bool forGpu, Precision precision)
    {
        (Kind, Name, this.context, Accelerator, ForGpu, Precision) = (kind, name, context, accelerator, forGpu, precision);
        Stream = accelerator.CreateStream();
        Multiprocessors = accelerator.NumMultiprocessors;
        ChannelTile = 16 * (forGpu ? GpuTiling.Lanes : HostTiling.Lanes);
        fill = new(() => this.Load<ArrayView<float>, float, int, int>(VectorKernels.Fill), Retry);
        sums = new(() => new(this), Retry);
        numbers = new(() => new(this), Retry);
        tiled = new(() => new(this), Retry);
        bool tensorCores = precision != Precision.Fp32;
        convolution = new(() => tensorCores ? new IlgpuTensorCoreConvolution(this) : new IlgpuConvolution(this), Retry);
        pooling = new(() => new IlgpuPooling(this), Retry);
        gram = new(() => tensorCores ? new IlgpuTensorCoreGram(this) : new IlgpuGram(this), Retry);
        moments = new(() => new IlgpuMoments(this), Retry);
        matching = new(() => new IlgpuMatching(this), Retry);
        samples = new(() => new IlgpuSamples(this), Retry);
        matrices = new(() => new IlgpuMatrices(this), Retry);
        squaredError = new(() => new IlgpuSquaredError(this), Retry);
        totalVariation = new(() => new IlgpuTotalVariation(this), Retry);
        vectors = new(() => new IlgpuVectors(this), Retry);
        resampling = new(() => new IlgpuResampling(this), Retry);
        smoothing = new(() => new IlgpuSmoothing(this), Retry);
    }

    /// <inheritdoc/>
    public override DeviceKind Kind { get; }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override Precision Precision { get; }

    /// <inheritdoc/>
    public override IConvolution Convolution => convolution.Value;

    /// <inheritdoc/>
    public override IPooling Pooling => pooling.Value;

    /// <inheritdoc/>
    public override IGram Gram => gram.Value;

    /// <inheritdoc/>
    public override IMoments Moments => moments.Value;

    /// <inheritdoc/>
    public override IMatching Matching => matching.Value;

    /// <inheritdoc/>
    public override ISamples Samples => samples.Value;

    /// <inheritdoc/>
    public override IMatrices Matrices => matrices.Value;

    /// <inheritdoc/>
    public override ISquaredError SquaredError => squaredError.Value;

    /// <inheritdoc/>
    public override ITotalVariation TotalVariation => totalVariation.Value;

    /// <inheritdoc/>
    public override IVectors Vectors => vectors.Value;

    /// <inheritdoc/>
    public override IResampling Resampling => resampling.Value;

    /// <inheritdoc/>
    public override ISmoothing Smoothing => smoothing.Value;

    internal Accelerator Accelerator { get; }

    internal AcceleratorStream Stream { get; }

    /// <summary>Whether kernels and layout are those for GPUs (<see cref="GpuTiling"/>) or those for host cores.</summary>
    internal bool ForGpu { get; }

    /// <summary>Whether kernels for tensor cores run on them, not on an emulation.</summary>
    internal bool HasTensorCores => Kind == DeviceKind.Cuda;

    /// <summary>What keeps recorded sequences as graphs; null runs them again.</summary>
    internal IGraphDriver? Graphs { get; set; }

    /// <summary>How often scratch has been replaced by a larger one: graphs that were captured before hold addresses that are gone.</summary>
    internal long ScratchChanges { get; private set; }

    /// <summary>How many multiprocessors it has, by which wide or narrow groups are chosen; tests say another number.</summary>
    internal int Multiprocessors { get; set; }

    /// <summary>Channels of features are padded to a multiple of this.</summary>
    internal int ChannelTile { get; }

    internal IlgpuSums Sums => sums.Value;

    internal IlgpuNumbers Numbers => numbers.Value;

    internal TiledLauncher Tiled => tiled.Value;

    /// <summary>
    /// What is told of each kernel and its arguments instead of launching it, so that memory and what kernels read and write can be counted at sizes that
    /// would take hours; set before the first operation.
    /// </summary>
    internal Action<MethodInfo, object[]>? InsteadOfLaunches { get; set; }

    /// <summary>Kernels that ILGPU has compiled for this device, not counting those whose texts were kept.</summary>
    internal int KernelsCompiled { get; set; }

    /// <summary>The device, its driver and the kernels, in one line: what measured times depend on, and the texts of kernels.</summary>
    internal string TuningKey => $"{Kind} {Accelerator.Name}, driver {Accelerator switch
    {
        CudaAccelerator cuda => cuda.DriverVersion.ToString(),
        CLAccelerator cl => CLAPI.CurrentAPI.GetDeviceInfo(cl.DeviceId, CLDeviceInfoType.CL_DRIVER_VERSION),
        _ => "none",
    }}, {(ForGpu ? "kernels for GPUs" : "kernels for host cores")} {typeof(IlgpuDevice).Module.ModuleVersionId}";

    internal Layout LayoutOf(Shape shape) => Layout.Of(shape, ChannelTile);

    /// <inheritdoc/>
    public override Tensor Allocate(Shape shape)
    {
        return new IlgpuTensor(this, shape, new(this, Countable(shape.Checked()).Count), owner: true);
    }

    /// <inheritdoc/>
    public override Tensor AllocatePacked(Shape shape) =>
        new IlgpuTensor(this, shape, new(this, PackedCount(shape)), owner: true, packed: true);

    /// <inheritdoc/>
    public override TensorList AllocateTogether(Shape picture, int count, bool packed)
    {
        long values = packed ? PackedCount(picture) : Countable(picture.Checked()).Count;
        int most = (int)Math.Clamp(MostTogether / IlgpuStorage.PitchOf(values), 1, int.MaxValue);
        var tensors = new TensorList(this);
        try
        {
            while (tensors.Count < count)
            {
                int next = Math.Min(most, count - tensors.Count);
                try
                {
                    var storages = IlgpuStorage.Together(this, values, next);
                    tensors.AddRange(storages.Select(s => new IlgpuTensor(this, picture, s, owner: true, packed)));
                }
                // OpenCL devices need give no more than a quarter of their memory at once, and memory may lie in pieces.
                catch (DeviceMemoryException) when (next > 1)
                {
                    most = next / 2;
                }
            }
            return tensors;
        }
        catch
        {
            tensors.Dispose();
            throw;
        }
    }

    /// <summary>4-byte values of a packed picture.</summary>
    long PackedCount(Shape shape) => LayoutOf(shape.Checked()).ChannelsLast
        ? throw new ArgumentException($"{shape} is no picture and cannot be packed.", nameof(shape))
        : PackedFormat.Size(shape.Count);

    /// <inheritdoc/>
    public override long PackedBytes(Shape shape) => IlgpuStorage.Bytes(PackedFormat.Size(shape.Count));

    /// <inheritdoc/>
    public override Scalars AllocateScalars(int count) => new IlgpuScalars(this, count);

    /// <inheritdoc/>
    public override long StorageBytes(Shape shape) => IlgpuStorage.Bytes(Countable(shape).Count);

    /// <inheritdoc/>
    public override long ScalarBytes(int count) => IlgpuScalars.Bytes(count);

    /// <summary>The layout of a shape that kernels can count: those that go over a whole picture or sample matrix do so in 32 bits.</summary>
    Layout Countable(Shape shape)
    {
        var layout = LayoutOf(shape);
        if (layout.ChannelsLast || layout.Count <= int.MaxValue) return layout;
        throw new RequestException(
            $"{shape} has more values than kernels on {Name} count, {int.MaxValue / 1_000_000} million, of a picture " +
            $"{int.MaxValue / 3 / 1_000_000} megapixels; use a smaller picture or painting, or the cpu device.");
    }

    /// <inheritdoc/>
    public override void Upload(ReadOnlySpan<float> values, Tensor tensor)
    {
        if (values.Length != tensor.Shape.Count) throw new ArgumentException($"{values.Length} values do not fill {tensor.Shape}.", nameof(values));
        IlgpuAccess.CheckFloats(tensor);
        var target = tensor.OnIlgpu();
        if (!target.Layout.ChannelsLast)
        {
            if (values.Length > IlgpuNumbers.Words) target.Storage.Write(values);
            else WriteFew(values, target.Storage);
            return;
        }
        var packed = new float[target.Layout.Count];
        target.Layout.Pack(values, tensor.Shape.Channels, packed);
        target.Storage.Write<float>(packed);
    }

    /// <summary>Few values do not make the host wait.</summary>
    void WriteFew(ReadOnlySpan<float> values, IlgpuStorage storage)
    {
        RefuseWhileRecording("copy from the host");
        Numbers.Write(MemoryMarshal.Cast<float, uint>(values), storage.Values<uint>().SubView(0, values.Length));
    }

    /// <inheritdoc/>
    public override void Download(Tensor tensor, Span<float> values)
    {
        if (values.Length != tensor.Shape.Count) throw new ArgumentException($"{tensor.Shape} does not fill {values.Length} values.", nameof(values));
        IlgpuAccess.CheckFloats(tensor);
        var source = tensor.OnIlgpu();
        CountSynchronization();
        if (!source.Layout.ChannelsLast)
        {
            source.Storage.Read(values);
            return;
        }
        var packed = new float[source.Layout.Count];
        source.Storage.Read<float>(packed);
        source.Layout.Unpack(packed, tensor.Shape.Channels, values);
    }

    internal override void WriteRun(ReadOnlySpan<float> values, Tensor picture, long first) => picture.OnIlgpu().Storage.Write(values, first);

    internal override void ReadRun(Tensor picture, long first, Span<float> values) => picture.OnIlgpu().Storage.Read(values, first);

    internal override void WriteBytes(ReadOnlySpan<byte> bytes, Tensor picture, long first) =>
        picture.OnIlgpu().Storage.Write(MemoryMarshal.Cast<byte, int>(bytes), first / sizeof(int));

    internal override void ReadBytes(Tensor picture, long first, Span<byte> bytes) =>
        picture.OnIlgpu().Storage.Read(MemoryMarshal.Cast<byte, int>(bytes), first / sizeof(int));

    /// <inheritdoc/>
    public override HostBuffer AllocateHost(long count)
    {
        if (Kind != DeviceKind.Cuda) return base.AllocateHost(count);
        try
        {
            return new PinnedBuffer(Accelerator, count);
        }
        catch (AcceleratorException)
        {
            return base.AllocateHost(count); // the system locks no more memory in place; ordinary memory is slower, no worse
        }
    }

    /// <inheritdoc/>
    public override void Synchronize()
    {
        CountSynchronization();
        Stream.Synchronize();
    }

    /// <inheritdoc/>
    public override long FreeBytes => Accelerator switch
    {
        CudaAccelerator cuda => cuda.GetFreeMemory(),
        _ when InHostMemory => HostMemory.Free,
        _ => Accelerator.MemorySize - AllocatedBytes, // OpenCL does not tell what others hold
    };

    /// <inheritdoc/>
    public override bool InHostMemory => Accelerator is not CudaAccelerator && (Accelerator is not CLAccelerator || !IlgpuAccelerators.IsGpu((CLDevice)Accelerator.Device));

    private protected override Recording NewRecording(Action operations) => Graphs is null ? base.NewRecording(operations) : new GraphRecording(this, Graphs, operations);

    /// <summary>A graph is about to do a recorded sequence.</summary>
    internal void CountReplay() => Sequences++;

    internal override bool GuardsIntact(Tensor tensor)
    {
        Synchronize();
        return tensor.OnIlgpu().Storage.Intact();
    }

    /// <summary>Uninitialised memory of 4-byte elements.</summary>
    internal MemoryBuffer1D<int, Stride1D.Dense> AllocateRaw(long length)
    {
        Admit(sizeof(int) * length);
        try
        {
            if (length > Accelerator.MemorySize / sizeof(int)) throw new InsufficientMemoryException();
            return Accelerator.Allocate1D<int>(length);
        }
        catch (Exception e) when (e is AcceleratorException or OutOfMemoryException or OverflowException)
        {
            throw OutOfMemory(sizeof(int) * length, e);
        }
    }

    /// <summary>
    /// Sets values to 0, in order with the kernels. Not by ILGPU's MemSet, which for a part of a buffer gives OpenCL an offset
    /// four times too large.
    /// </summary>
    internal void Clear(ArrayView<float> values) => fill.Value(Threads(values.Length), values, 0, 1, 1);

    /// <summary>
    /// Runs a kernel and looks at what it did: drivers that are too old for what ILGPU writes, or lack a compiler, show it only then.
    /// </summary>
    internal void Try()
    {
        using var storage = new IlgpuStorage(this, 4);
        var values = new float[4];
        this.Load<ArrayView<float>, float, int, int>(VectorKernels.Fill)(Threads(values.Length), storage.Values<float>(), 1, 1, 1);
        storage.Read<float>(values);
        if (values.AsSpan().ContainsAnyExcept(1)) throw new InvalidOperationException("a first kernel gives wrong results");
    }

    /// <summary>Sets values to a number where their index modulo <paramref name="inner"/> is below <paramref name="channels"/>, else to 0.</summary>
    internal void Fill(ArrayView<float> values, float value, int channels, int inner) => fill.Value(Threads(values.Length), values, value, channels, inner);

    /// <summary>What a kernel is compiled for on this device.</summary>
    internal KernelSpecialization Bounds(Delegate kernel) => Kind == DeviceKind.Cuda ? KernelBounds.Of(kernel.Method) : KernelSpecialization.Empty;

    /// <summary>Scratch that is replaced by a larger one when needed, after what is queued is done; its values are undefined.</summary>
    internal IlgpuStorage Grown(ref IlgpuStorage? scratch, long count)
    {
        if (scratch is not null && scratch.Count >= count) return scratch;
        RefuseWhileRecording("allocate");
        Stream.Synchronize();
        if (scratch is not null) ScratchChanges++;
        scratch?.Dispose();
        scratch = null; // if there is no memory for the larger one
        return scratch = new(this, count);
    }

    /// <summary>A launch of x by y by z groups of <paramref name="size"/> threads, from whatever thread the caller runs on.</summary>
    internal KernelConfig Groups(long x, int y, int size, int z = 1)
    {
        Accelerator.Bind();
        return new(new Index3D(checked((int)x), y, z), new Index3D(size, 1, 1));
    }

    /// <summary>A launch of at least <paramref name="count"/> threads in groups of 256.</summary>
    internal KernelConfig Threads(long count) => Groups((count + 255) / 256, 1, 256);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        lock (IlgpuAccelerators.Gate)
        {
            try
            {
                Accelerator.Dispose();
            }
            catch (AcceleratorException)
            {
                // A device that has failed takes nothing back; its driver does when the process ends.
            }
            context.Dispose();
        }
    }
}
