using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// A fixed sequence of operations on two tensors, run plainly the first time it is asked for with a pair of them, recorded the second
/// time (<see cref="Device.Record"/>), and replayed from then on. It must be of the kind that can be recorded. Optimisers come back to
/// few pairs; of more than <see cref="MostPairs"/> the one that came first is forgotten.
/// </summary>
internal sealed class RepeatedOperations(Device device, Action<Tensor, Tensor> operations) : IDisposable
{
    /// <summary>Pairs that are remembered.</summary>
    public const int MostPairs = 4;

    readonly List<Pair> pairs = new(MostPairs);

    /// <summary>Queues the operations on a pair.</summary>
    public void Run(Tensor first, Tensor second)
    {
        foreach (var pair in pairs)
        {
            if (pair.First != first || pair.Second != second) continue;
            if (pair.Recording is { } recording) recording.Replay();
            else Record(pair);
            return;
        }
        operations(first, second);
        if (pairs.Count == MostPairs)
        {
            pairs[0].Recording?.Dispose();
            pairs.RemoveAt(0);
        }
        pairs.Add(new(first, second));
    }

    /// <summary>Apart, so that <see cref="Run"/> allocates no closure.</summary>
    void Record(Pair pair) => pair.Recording = device.Record(() => operations(pair.First, pair.Second));

    /// <summary>Numbers from the host are others from now on: what was recorded no longer holds.</summary>
    public void Forget()
    {
        Dispose();
        pairs.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => pairs.ForEach(p => p.Recording?.Dispose());

    sealed class Pair(Tensor first, Tensor second)
    {
        public Tensor First => first;

        public Tensor Second => second;

        public Recording? Recording { get; set; }
    }
}
