using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>
/// What runs one after another on the same devices with the same weights have in common, kept from one to the next: prepared weights, content features and the style
/// pictures' statistics. The runs' results have the same bits as without it. Nothing is kept beyond <see cref="Room"/>, and a run that finds no memory has all of it back.
/// </summary>
public sealed class TransferCache : IDisposable
{
    readonly Dictionary<object, (IReadOnlyList<IDisposable> Things, long Bytes)> kept = [];
    IReadOnlyList<Device> devices = [];
    VggWeights? weights;
    long room;

    /// <summary>
    /// The most bytes of device storage to keep, of all devices together: what the run to come leaves of the memory there is. Set between two runs; where more is kept it goes.
    /// </summary>
    public long Room
    {
        get => room;
        set
        {
            if (Bytes > value) Drop();
            room = value;
        }
    }

    /// <summary>Bytes of device storage that are kept.</summary>
    public long Bytes { get; private set; }

    /// <inheritdoc/>
    public void Dispose() => Drop();

    /// <summary>
    /// Gives all memory back, but for what is in use, and keeps no more until there is <see cref="Room"/> again. Returns whether there was any.
    /// </summary>
    internal bool Drop(object? inUse = null)
    {
        room = 0;
        var gone = kept.Where(k => k.Value.Things != inUse).ToList();
        foreach (var (key, (things, bytes)) in gone)
        {
            kept.Remove(key);
            Bytes -= bytes;
            foreach (var thing in things) thing.Dispose();
        }
        return gone.Count > 0;
    }

    /// <summary>A run begins; what is kept of other devices or weights is of no use to it.</summary>
    internal void Begin(IReadOnlyList<Device> devices, VggWeights weights)
    {
        if (weights == this.weights && devices.SequenceEqual(this.devices)) return;
        long before = room;
        Drop();
        (this.devices, this.weights, room) = (devices, weights, before);
    }

    /// <summary>What is kept under a key; null: nothing.</summary>
    internal IReadOnlyList<T>? Find<T>(object key) where T : class, IDisposable => kept.TryGetValue(key, out var found) ? (IReadOnlyList<T>)found.Things : null;

    /// <summary>Keeps things, which are no longer the caller's, if there is room. Returns whether there is.</summary>
    internal bool Keep(object key, IReadOnlyList<IDisposable> things, long bytes)
    {
        if (Bytes + bytes > room || !kept.TryAdd(key, (things, bytes))) return false;
        Bytes += bytes;
        return true;
    }

    /// <summary>Keeps tensors if there is room; they stay their owner's if there is not.</summary>
    internal void Keep(object key, IReadOnlyList<Tensor> tensors, TensorList owner)
    {
        if (Keep(key, tensors, tensors.Sum(t => t.Device.StorageBytes(t.Shape)))) owner.RemoveAll(tensors.Contains);
    }

    /// <summary>
    /// What the targets that a layer's features of a picture make are kept by. The margins of blocks, and so the order of sums, depend on the network's depth.
    /// </summary>
    internal static object KeyOf(FeatureNetwork network, DevicePicture picture, VggLayer layer, int blockSize) =>
        (picture.Identity, layer.Index, network.Pooling, network.PixelScale, blockSize, blockSize > 0 ? network.Depth : 0);
}
