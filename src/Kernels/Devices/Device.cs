namespace GpuStyle.Kernels;

/// <summary>What kind of engine computes.</summary>
public enum DeviceKind
{
    /// <summary>Plain double precision on the host: slow, the measure of the others.</summary>
    Reference,

    /// <summary>Vector instructions on all cores of the host.</summary>
    Simd,

    /// <summary>ILGPU kernels on ILGPU's CPU accelerator: for tests of tiny shapes.</summary>
    IlgpuCpu,

    /// <summary>ILGPU kernels on an OpenCL device.</summary>
    OpenCl,

    /// <summary>ILGPU kernels on an NVIDIA GPU.</summary>
    Cuda,
}

/// <summary>
/// The one seam for computing: storage, and the operation families of the method. Operations are queued in order and may
/// still be running when the call returns; <see cref="Download(Tensor, Span{float})"/>, <see cref="Scalars.Read"/> and
/// <see cref="Synchronize"/> wait. Sums have a fixed order: the same inputs give the same bits on the same device, run after
/// run, whatever the number of threads. A device is used by one thread at a time.
/// </summary>
public abstract class Device : IDisposable
{
    bool recording;

    /// <summary>What kind of engine this is.</summary>
    public abstract DeviceKind Kind { get; }

    /// <summary>A name for people, e.g. "AMD EPYC, 2 threads, AVX-512".</summary>
    public abstract string Name { get; }

    /// <summary>What <see cref="Devices.Open"/> opens it by, with its number if devices of its kind have one.</summary>
    public string Id { get; internal set; } = "";

    /// <summary>3x3 convolution with bias and ReLU, and its data gradient.</summary>
    public abstract IConvolution Convolution { get; }

    /// <summary>2x2 pooling and its gradient.</summary>
    public abstract IPooling Pooling { get; }

    /// <summary>Gram matrices and their gradient.</summary>
    public abstract IGram Gram { get; }

    /// <summary>Sums of features over weighted positions, and the way back.</summary>
    public abstract IMoments Moments { get; }

    /// <summary>Samples of features and their nearest neighbors.</summary>
    public abstract IMatching Matching { get; }

    /// <summary>Arithmetic of matrices of samples.</summary>
    public abstract ISamples Samples { get; }

    /// <summary>Arithmetic of small matrices.</summary>
    public abstract IMatrices Matrices { get; }

    /// <summary>Weighted sums of squared differences, value and gradient.</summary>
    public abstract ISquaredError SquaredError { get; }

    /// <summary>Total variation of a picture, value and gradient.</summary>
    public abstract ITotalVariation TotalVariation { get; }

    /// <summary>Vector operations of the optimisers.</summary>
    public abstract IVectors Vectors { get; }

    /// <summary>Change of picture size.</summary>
    public abstract IResampling Resampling { get; }

    /// <summary>Steps of a smoothing pyramid, and mixing of colours.</summary>
    public abstract ISmoothing Smoothing { get; }

    /// <summary>What the engine multiplies in; never <see cref="Precision.Auto"/>.</summary>
    public virtual Precision Precision => Precision.Fp32;

    /// <summary>What <c>auto</c> passed over before it took this device, and why, in one line; null if nothing.</summary>
    public string? Notice { get; internal set; }

    /// <summary>Why the driver of a GPU keeps no graphs, so that recorded sequences are run again kernel by kernel, in a few words; null if nothing stands against it.</summary>
    public string? GraphRefusal { get; internal set; }

    /// <summary>
    /// A folder for what the engine compiles for this device, and for what it measures to choose between kernels that give the same bits, so
    /// that both are done once. Null: kernels are compiled in each run, nothing is measured and the usual ones are taken.
    /// </summary>
    public string? CacheFolder { get; internal set; }

    /// <summary>How often the host has waited for this device since it was opened.</summary>
    public long Synchronizations { get; private set; }

    /// <summary>Bytes that the device could hold now beside what it holds, as far as that can be known: the host's, unless it has memory of its own.</summary>
    public virtual long FreeBytes => HostMemory.Free;

    /// <summary>Whether the device has no memory of its own, but the host's.</summary>
    public virtual bool InHostMemory => true;

    /// <summary>Whether tensors have values. Where they do not, nobody need go over a whole picture's.</summary>
    internal virtual bool HasValues => true;

    /// <summary>Bytes of device storage held now, as asked for (an engine's scratch included).</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>The most that <see cref="AllocatedBytes"/> has been.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Allocates a tensor of zeros.</summary>
    /// <exception cref="OutOfMemoryException">The device cannot hold it.</exception>
    public abstract Tensor Allocate(Shape shape);

    /// <summary>Allocates a picture of zeros in little more than a quarter of the memory; see <see cref="Tensor.Packed"/>.</summary>
    /// <exception cref="OutOfMemoryException">The device cannot hold it.</exception>
    public abstract Tensor AllocatePacked(Shape shape);

    /// <summary>
    /// Allocates pictures of zeros, packed or not, that operations take many of at once (<see cref="IVectors.Dot"/>,
    /// <see cref="IVectors.Combine"/>): in the same memory on a device that then reads them in one launch.
    /// </summary>
    /// <exception cref="OutOfMemoryException">The device cannot hold them.</exception>
    public virtual TensorList AllocateTogether(Shape picture, int count, bool packed)
    {
        var tensors = new TensorList(this);
        try
        {
            for (int i = 0; i < count; i++) tensors.Add(packed ? AllocatePacked(picture) : Allocate(picture));
            return tensors;
        }
        catch
        {
            tensors.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Allocates a place for the output of a convolution that is pooled, where nothing but the ways on and back through that pooling will
    /// look at it (<see cref="IConvolution"/>'s methods with a <see cref="PooledMap"/>): by default for the output itself, on engines
    /// that need no more for its ReLU mask, which nothing else can read.
    /// </summary>
    /// <exception cref="OutOfMemoryException">The device cannot hold it.</exception>
    public virtual Tensor AllocateBeforePooling(Shape output, int inputChannels, PoolingKind kind) => Allocate(output);

    /// <summary>Allocates sums, all zero.</summary>
    public abstract Scalars AllocateScalars(int count);

    /// <summary>Bytes that a tensor of this shape takes on this device, padding of the engine's layout included.</summary>
    /// <exception cref="RequestException">The shape has more values than the device's kernels count.</exception>
    public abstract long StorageBytes(Shape shape);

    /// <summary>Bytes that a packed picture of this shape takes on this device.</summary>
    public abstract long PackedBytes(Shape shape);

    /// <summary>Bytes that <see cref="AllocateBeforePooling"/> takes on this device.</summary>
    public virtual long BytesBeforePooling(Shape output, int inputChannels, PoolingKind kind) => StorageBytes(output);

    /// <summary>Bytes that so many sums take on this device.</summary>
    public virtual long ScalarBytes(int count) => 0;

    /// <summary>Copies channel-major values into a tensor.</summary>
    public abstract void Upload(ReadOnlySpan<float> values, Tensor tensor);

    /// <summary>Waits, then copies a tensor's values out, channel-major.</summary>
    public abstract void Download(Tensor tensor, Span<float> values);

    /// <summary>Copies rows [C,n,W] into a picture (at most three channels) from row <paramref name="top"/> on; the others stay as they are.</summary>
    /// <exception cref="ArgumentException">No picture of floats, or rows that are not there or do not fill whole ones.</exception>
    public void UploadRows(ReadOnlySpan<float> rows, Tensor picture, int top)
    {
        RefuseWhileRecording("copy from the host");
        int run = RunOf(rows.Length, picture, top);
        for (int c = 0; c < picture.Shape.Channels; c++) WriteRun(rows.Slice(c * run, run), picture, c * picture.Shape.Positions + (long)top * picture.Shape.Width);
    }

    /// <summary>Waits, then copies rows [C,n,W] of a picture (at most three channels) out, from row <paramref name="top"/> on.</summary>
    /// <exception cref="ArgumentException">As <see cref="UploadRows"/>.</exception>
    public void DownloadRows(Tensor picture, int top, Span<float> rows)
    {
        CountSynchronization();
        int run = RunOf(rows.Length, picture, top);
        for (int c = 0; c < picture.Shape.Channels; c++) ReadRun(picture, c * picture.Shape.Positions + (long)top * picture.Shape.Width, rows.Slice(c * run, run));
    }

    /// <summary>Copies values into a picture, planes without padding on every engine, from the value <paramref name="first"/> on.</summary>
    internal abstract void WriteRun(ReadOnlySpan<float> values, Tensor picture, long first);

    /// <summary>Waits, then copies a picture's values out from the value <paramref name="first"/> on.</summary>
    internal abstract void ReadRun(Tensor picture, long first, Span<float> values);

    /// <summary>How a picture's values are written where they are copied bit for bit (<see cref="SavedTensor"/>).</summary>
    internal virtual SavedEncoding EncodingOf(Tensor picture) => picture.Packed ? SavedEncoding.Packed : SavedEncoding.Plain;

    /// <summary>Copies bytes into a picture's storage from the byte <paramref name="first"/> on, both multiples of four.</summary>
    internal abstract void WriteBytes(ReadOnlySpan<byte> bytes, Tensor picture, long first);

    /// <summary>
    /// Waits, then copies bytes of a picture's storage out from the byte <paramref name="first"/> on, both multiples of four.
    /// </summary>
    internal abstract void ReadBytes(Tensor picture, long first, Span<byte> bytes);

    /// <summary>Values of so many channel-major rows in one channel.</summary>
    static int RunOf(int values, Tensor picture, int top)
    {
        var (channels, height, width) = picture.Shape;
        if (channels > 3 || picture.Packed) throw new ArgumentException($"{picture.Shape} is no picture of floats, which can be copied in rows.", nameof(picture));
        int count = values / channels / width;
        if (count < 1 || (long)count * channels * width != values || top < 0 || top > height - count)
            throw new ArgumentException($"{values} values from row {top} on are no rows of {picture.Shape}.", nameof(values));
        return count * width;
    }

    /// <summary>Memory of the host for values that are uploaded and downloaded again and again.</summary>
    public virtual HostBuffer AllocateHost(long count) => new(count);

    /// <summary>Waits until everything queued is done.</summary>
    public abstract void Synchronize();

    /// <summary>A new tensor with these channel-major values.</summary>
    public Tensor Allocate(Shape shape, ReadOnlySpan<float> values)
    {
        var tensor = Allocate(shape);
        try
        {
            Upload(values, tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <summary>A tensor's values, channel-major.</summary>
    /// <exception cref="ArgumentException">They are more than an array can hold; a picture can be had in rows.</exception>
    public float[] Download(Tensor tensor)
    {
        if (tensor.Shape.Count > Array.MaxLength) throw new ArgumentException($"{tensor.Shape} has more values than an array can hold; copy it in rows.", nameof(tensor));
        var values = new float[tensor.Shape.Count];
        Download(tensor, values);
        return values;
    }

    /// <summary>
    /// Does a fixed sequence of operations and keeps it, to be done again by one call. It must have been done before, so that kernels are
    /// compiled and scratch is there: a recorded sequence cannot allocate or free, copy to or from the host, or wait. A GPU may be given it whole, as a
    /// graph; numbers that the host passes to its operations then stay what they are now.
    /// </summary>
    /// <exception cref="InvalidOperationException">The sequence does what it cannot, on whatever engine.</exception>
    public Recording Record(Action operations)
    {
        var made = NewRecording(operations);
        try
        {
            made.Replay();
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>A recording that does its sequence when it is first replayed.</summary>
    private protected virtual Recording NewRecording(Action operations) => new PlainRecording(this, operations);

    /// <summary>Runs a recorded sequence, holding it to what such a sequence may do.</summary>
    internal void RunRecorded(Action operations)
    {
        RefuseWhileRecording("record another one");
        recording = true;
        Sequences++;
        try
        {
            operations();
        }
        finally
        {
            recording = false;
            Sequences++;
        }
    }

    /// <summary>Changes wherever a recorded sequence begins or ends: what an engine knew of its memory before may be otherwise after.</summary>
    internal long Sequences { get; private protected set; }

    /// <summary>Engines ask before they do what a recorded sequence cannot.</summary>
    protected internal void RefuseWhileRecording(string what)
    {
        if (recording) throw new InvalidOperationException($"A recorded sequence of operations cannot {what}.");
    }

    /// <summary>
    /// Whether the bands of marked memory that the engine keeps before and after every allocation are untouched: false
    /// means that some operation has written outside the tensor. Waits for the device.
    /// </summary>
    internal abstract bool GuardsIntact(Tensor tensor);

    /// <summary>Frees everything the device holds.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the engine holds.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>Engines count each time the host waits, before it does.</summary>
    protected internal void CountSynchronization()
    {
        RefuseWhileRecording("wait");
        Synchronizations++;
    }

    /// <summary>The most that <see cref="AllocatedBytes"/> may become, for tests of what happens then.</summary>
    internal long AllocationLimit { get; set; } = long.MaxValue;

    /// <summary>Engines ask before they take storage.</summary>
    /// <exception cref="OutOfMemoryException">It is more than the device may hold.</exception>
    protected internal void Admit(long bytes)
    {
        RefuseWhileRecording("allocate");
        if (bytes > AllocationLimit - AllocatedBytes) throw OutOfMemory(bytes);
    }

    /// <summary>What an engine throws that cannot have so many bytes more.</summary>
    internal DeviceMemoryException OutOfMemory(long bytes, Exception? cause = null) =>
        new(this, $"{Name} cannot hold another {bytes / 1048576.0:n0} MiB; {AllocatedBytes / 1048576.0:n0} MiB are in use.", cause);

    /// <summary>Engines report storage taken (positive) and given back (negative).</summary>
    protected internal void Account(long bytes)
    {
        if (bytes < 0) RefuseWhileRecording("free");
        AllocatedBytes += bytes;
        PeakBytes = Math.Max(PeakBytes, AllocatedBytes);
    }
}
