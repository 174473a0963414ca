using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Sums with a fixed order, in two stages: a number of groups that depends on the size alone each add up their share
/// (<see cref="OfGroup"/>) and add that to a place of their own in the slot (<see cref="IlgpuScalars"/>); who reads slots has the places
/// of each added up (<see cref="Finish"/>), in one launch for all of them. No atomics.
/// </summary>
internal sealed class IlgpuSums(IlgpuDevice device)
{
    /// <summary>Threads of a group in both stages.</summary>
    public const int GroupSize = 128;

    /// <summary>Most groups of the first stage, and places in a slot.</summary>
    public const int MostGroups = 256;

    readonly Action<KernelConfig, ArrayView<double>, ArrayView<double>>
        finish = device.Load<ArrayView<double>, ArrayView<double>>(FinishKernel),
        spread = device.Load<ArrayView<double>, ArrayView<double>>(SpreadKernel);

    /// <summary>Groups of the first stage for a sum of <paramref name="count"/> values.</summary>
    public static int Groups(long count) => (int)Math.Clamp(count / (8 * GroupSize), 1, MostGroups);

    /// <summary>Overwrites each of the totals with the sum of as many places as a slot has.</summary>
    public void Finish(ArrayView<double> parts, ArrayView<double> totals) =>
        finish(device.Groups(totals.Length, 1, GroupSize), parts, totals);

    /// <summary>Overwrites the places of each slot: the first with its total, the others with 0.</summary>
    public void Spread(ArrayView<double> totals, ArrayView<double> parts) => spread(device.Threads(parts.Length), totals, parts);

    /// <summary>The sum of all threads' values, for every thread of the group: a tree in shared memory. Called by all of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double OfGroup(double value)
    {
        var shared = SharedMemory.Allocate<double>(GroupSize);
        int thread = Group.IdxX;
        shared[thread] = value;
        Group.Barrier();
        for (int half = GroupSize / 2; half > 0; half >>= 1)
        {
            if (thread < half) shared[thread] += shared[thread + half];
            Group.Barrier();
        }
        return shared[0];
    }

    /// <summary>
    /// The end of a first stage: adds the sum of all threads' values to the group's place of a slot, which is so many behind the first.
    /// Called by all threads of a grid of one dimension.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(double value, ArrayView<double> parts, int slot = 0)
    {
        double sum = OfGroup(value);
        if (Group.IdxX == 0) parts[slot * MostGroups + Grid.IdxX] += sum;
    }

    /// <summary>A group a slot.</summary>
    internal static void FinishKernel(ArrayView<double> parts, ArrayView<double> totals)
    {
        double sum = 0;
        for (int g = Group.IdxX; g < MostGroups; g += GroupSize) sum += parts[(long)Grid.IdxX * MostGroups + g];
        sum = OfGroup(sum);
        if (Group.IdxX == 0) totals[Grid.IdxX] = sum;
    }

    /// <summary>A thread a place.</summary>
    internal static void SpreadKernel(ArrayView<double> totals, ArrayView<double> parts)
    {
        long i = VectorKernels.Index();
        if (i >= parts.Length) return;
        double sum = 0;
        if (i % MostGroups == 0) sum = totals[i / MostGroups];
        parts[i] = sum;
    }
}
