using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Sums with a fixed order, in two stages: a number of groups that depends on the size alone each add up their share and write
/// one partial sum (<see cref="OfGroup"/>); then one group adds the partial sums and adds the total to its slot
/// (<see cref="Finish"/>). No atomics.
/// <code>
/// scratch: partials[sum][group], up to 6 sums of up to 256 partial sums, overwritten by each reduction
/// </code>
/// </summary>
internal sealed class IlgpuSums
{
    /// <summary>Threads of a group in both stages.</summary>
    public const int GroupSize = 128;

    /// <summary>Most groups of the first stage.</summary>
    public const int MostGroups = 256;

    /// <summary>Sums that one pair of launches can make.</summary>
    public const int MostSums = 6;

    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<double>, int, ArrayView<double>, int> finish;

    public IlgpuSums(IlgpuDevice device)
    {
        this.device = device;
        Partials = new IlgpuStorage(device, 2L * MostSums * MostGroups).Values<double>();
        finish = device.Load<ArrayView<double>, int, ArrayView<double>, int>(FinishKernel);
    }

    /// <summary>Where the first stage puts its partial sums: sum s, group g at s * MostGroups + g.</summary>
    public ArrayView<double> Partials { get; }

    /// <summary>Groups of the first stage for a sum of <paramref name="count"/> values.</summary>
    public static int Groups(long count) => (int)Math.Clamp(count / (8 * GroupSize), 1, MostGroups);

    /// <summary>Adds <paramref name="sums"/> sums of <paramref name="groups"/> partial sums each to as many slots.</summary>
    public void Finish(int groups, int sums, ScalarSlot first) =>
        finish(device.Groups(sums, 1, GroupSize), Partials, groups, ((IlgpuScalars)first.Scalars).Values, first.Index);

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

    internal static void FinishKernel(ArrayView<double> partials, int groups, ArrayView<double> slots, int first)
    {
        double sum = 0;
        for (int g = Group.IdxX; g < groups; g += GroupSize) sum += partials[Grid.IdxX * MostGroups + g];
        sum = OfGroup(sum);
        if (Group.IdxX == 0) slots[first + Grid.IdxX] += sum;
    }
}
