using System.Runtime.InteropServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// Sums as doubles in device memory, each in parts, so that operations that add to them have nothing to finish (<see cref="IlgpuSums"/>).
/// <code>
/// parts  [slot][256]   what each group of a launch has added since the slot was cleared
/// totals [slot]        overwritten when they are asked for
/// </code>
/// </summary>
internal sealed class IlgpuScalars(IlgpuDevice device, int count) : Scalars(device, count)
{
    const int PerSlot = IlgpuSums.MostGroups;

    readonly IlgpuStorage storage = new(device, Values(count));

    /// <summary>What so many take.</summary>
    public static long Bytes(int count) => IlgpuStorage.Bytes(Values(count));

    /// <summary>4-byte values: a slot's parts and its total are doubles.</summary>
    static long Values(int count) => 2L * count * (PerSlot + 1);

    /// <summary>The parts of a slot, and behind them those of the next ones: a group adds to the one of its number.</summary>
    public ArrayView<double> Parts(int slot) => Doubles.SubView((long)slot * PerSlot, (long)(Count - slot) * PerSlot);

    /// <summary>Adds up slots, each from its parts.</summary>
    public ArrayView<double> Totals(int first, int slots)
    {
        var totals = Doubles.SubView((long)Count * PerSlot + first, slots);
        device.Sums.Finish(Parts(first), totals);
        return totals;
    }

    public override void Clear() => device.Clear(storage.Values<float>().SubView(0, 2L * Count * PerSlot));

    public override void Read(Span<double> values)
    {
        device.CountSynchronization();
        Totals(0, Count);
        storage.Read(values[..Count], (long)Count * PerSlot);
    }

    public override void Write(ReadOnlySpan<double> values)
    {
        device.RefuseWhileRecording("copy from the host");
        var totals = Doubles.SubView((long)Count * PerSlot, Count);
        device.Numbers.Write(MemoryMarshal.Cast<double, uint>(values[..Count]), totals.Cast<uint>());
        device.Sums.Spread(totals, Parts(0));
    }

    public override void Dispose() => storage.Dispose();

    ArrayView<double> Doubles => storage.Values<double>();
}

/// <summary>The ILGPU operations' access to slots.</summary>
internal static class IlgpuSlot
{
    /// <summary>Where groups add their parts.</summary>
    public static ArrayView<double> Parts(this ScalarSlot slot) => ((IlgpuScalars)slot.Scalars).Parts(slot.Index);

    /// <summary>The sum, for a kernel that is launched next.</summary>
    public static ArrayView<double> Total(this ScalarSlot slot) => ((IlgpuScalars)slot.Scalars).Totals(slot.Index, 1);
}
