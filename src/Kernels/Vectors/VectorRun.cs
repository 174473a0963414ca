namespace GpuStyle.Kernels;

/// <summary>
/// Vectors that follow each other in a list and lie in the same memory, evenly but for one gap: those of a ring, any two, or one by itself.
/// Places are in 4-byte values.
/// </summary>
internal struct VectorRun
{
    /// <summary>How many there are, and how many of them come before the gap.</summary>
    public int Count, Straight;

    /// <summary>Where the first begins, where the first behind the gap, and from one to the next.</summary>
    public long First, Again, Pitch;

    /// <summary>Where a vector begins.</summary>
    public readonly long At(int vector) => vector < Straight ? First + vector * Pitch : Again + (vector - Straight) * Pitch;

    /// <summary>As many vectors of a list as can be taken together, all packed or none.</summary>
    public static VectorRun Of(IReadOnlyList<Tensor> vectors, int from)
    {
        var storage = vectors[from].OnIlgpu().Storage;
        VectorRun run = new() { Count = 1, Straight = 1, First = storage.First, Pitch = storage.Pitch };
        for (; from + run.Count < vectors.Count; run.Count++)
        {
            var next = vectors[from + run.Count];
            var place = next.OnIlgpu().Storage;
            if (place.Memory != storage.Memory || next.Packed != vectors[from].Packed) break;
            if (run.Straight == run.Count && place.First == run.At(run.Straight - 1) + run.Pitch) run.Straight++;
            else if (run.Straight == run.Count) run.Again = place.First;
            else if (place.First != run.At(run.Count)) break;
        }
        return run;
    }
}
