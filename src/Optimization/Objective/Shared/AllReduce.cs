using System.Runtime.ExceptionServices;
using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// Work that several devices do at the same time, a thread each, and sums over them in between, through the host: always in the devices' order and in double
/// precision, so that the same shares give the same bits, on every device.
/// </summary>
internal sealed class AllReduce : IDisposable
{
    readonly float[][] given;
    readonly Barrier barrier;
    readonly CancellationTokenSource failed = new();
    float[] total = [];
    int wanted;

    /// <summary>Makes the meeting point.</summary>
    /// <param name="count">Devices.</param>
    public AllReduce(int count)
    {
        given = [.. Enumerable.Repeat<float[]>([], count)];
        barrier = new(count, _ => Add());
    }

    /// <summary>
    /// Does each device's work, the first one's on this thread. Where one fails the others are let go when they next wait for it, and its exception is thrown; after that
    /// no sum can be made.
    /// </summary>
    public void Run(Action<int> work)
    {
        var failures = new Exception?[given.Length];
        var others = Enumerable.Range(1, given.Length - 1).Select(i => Task.Factory.StartNew(() => Try(i), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        Try(0);
        Task.WaitAll(others);
        // Those that were let go only tell that another one failed.
        if ((failures.FirstOrDefault(e => e is not (null or OperationCanceledException)) ?? Array.Find(failures, e => e is not null)) is { } cause) ExceptionDispatchInfo.Throw(cause);

        void Try(int device)
        {
            try
            {
                work(device);
            }
            catch (Exception e)
            {
                failures[device] = e;
                failed.Cancel();
            }
        }
    }

    /// <summary>
    /// Called by every device's work with tensors of the same shapes, which become the sums over the devices.
    /// </summary>
    public void Sum(int device, IReadOnlyList<Tensor> tensors)
    {
        if (given.Length == 1 || tensors.Any(t => !t.Device.HasValues)) return;
        Each(tensors, Room(device, tensors.Sum(t => t.Shape.Count)), static (tensor, values) => tensor.Device.Download(tensor, values));
        barrier.SignalAndWait(failed.Token);
        // Nobody writes the total again before all have come back here.
        Each(tensors, total, static (tensor, values) => tensor.Device.Upload(values, tensor));
    }

    /// <summary>The same of some slots, to float32's precision.</summary>
    public void Sum(int device, Scalars scalars, int first, int count)
    {
        if (given.Length == 1) return;
        var values = new double[scalars.Count];
        scalars.Read(values);
        float[] room = Room(device, count);
        for (int i = 0; i < count; i++) room[i] = (float)values[first + i];
        barrier.SignalAndWait(failed.Token);
        for (int i = 0; i < count; i++) values[first + i] = total[i];
        scalars.Write(values);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        barrier.Dispose();
        failed.Dispose();
    }

    /// <summary>Where a device puts what it gives, as many values as the others.</summary>
    float[] Room(int device, long count)
    {
        wanted = (int)count;
        if (given[device].Length < count) given[device] = new float[count];
        return given[device];
    }

    void Add()
    {
        if (total.Length < wanted) total = new float[wanted];
        for (int i = 0; i < wanted; i++)
        {
            double sum = 0;
            foreach (float[] values in given) sum += values[i];
            total[i] = (float)sum;
        }
    }

    static void Each(IReadOnlyList<Tensor> tensors, float[] values, CopyTensor copy)
    {
        int at = 0;
        foreach (var tensor in tensors)
        {
            int count = (int)tensor.Shape.Count;
            copy(tensor, values.AsSpan(at, count));
            at += count;
        }
    }

    delegate void CopyTensor(Tensor tensor, Span<float> values);
}
