using System.Collections;
using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// Some of a list's vectors, oldest first: a new one takes the place behind the newest, and the first place again after the last. A device
/// that keeps the list in one piece of memory then takes all of them in one launch.
/// </summary>
/// <param name="all">The list.</param>
/// <param name="start">The first of the ring's places in it.</param>
/// <param name="places">As many as it can hold.</param>
internal sealed class VectorRing(TensorList all, int start, int places) : IReadOnlyList<Tensor>
{
    int first;

    /// <summary>The place of the oldest vector, among the ring's.</summary>
    public int First => first;

    /// <inheritdoc/>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public Tensor this[int index] => all[start + (first + index) % places];

    /// <summary>One more vector, which holds whatever it held; there must be room.</summary>
    public Tensor Add() => this[Count++];

    /// <summary>Empties the ring; the next vector goes to this place.</summary>
    public void StartAt(int place) => (first, Count) = (place, 0);

    /// <summary>Drops the oldest.</summary>
    public void RemoveFirst()
    {
        first = (first + 1) % places;
        Count--;
    }

    /// <summary>Drops the newest.</summary>
    public void RemoveLast() => Count--;

    /// <inheritdoc/>
    public IEnumerator<Tensor> GetEnumerator()
    {
        for (int i = 0; i < Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
