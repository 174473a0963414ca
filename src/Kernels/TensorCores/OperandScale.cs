using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// The power of two that brings a tensor's largest magnitude to between 2^13 and 2^14, near half precision's largest number 65504. Multiplying by it rounds nothing, and
/// largest values do not depend on an order. Whoever writes a tensor may find its largest on the way (<see cref="Take"/>, <see cref="Keep"/>); otherwise, or if anybody may have
/// written to it since, it is read once more (<see cref="Find"/>).
/// <code>
/// largest: the bits of largest magnitudes, one a slot, raised from 0
/// </code>
/// </summary>
internal sealed class OperandScale
{
    const int GroupSize = IlgpuSums.GroupSize, MostGroups = 512, Exponent = 13, Slots = 64;

    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<Float4>, ArrayView<int>, int> largest;
    readonly (IlgpuTensor? Tensor, long Version)[] known = new (IlgpuTensor?, long)[Slots];
    int next = Slots;
    long sequence;

    public OperandScale(IlgpuDevice device)
    {
        this.device = device;
        Largest = new IlgpuStorage(device, Slots).Values<int>();
        largest = device.Load<ArrayView<Float4>, ArrayView<int>, int>(LargestKernel);
    }

    /// <summary>The slots.</summary>
    public ArrayView<int> Largest { get; }

    /// <summary>
    /// Leaves room for two slots. All are forgotten when there is none, and where a recorded sequence begins or ends: its replays raise the slots that it was
    /// recorded with, whatever happened in between.
    /// </summary>
    public void Begin()
    {
        if (next + 2 <= Slots && sequence == device.Sequences) return;
        device.Clear(Largest.Cast<float>());
        Array.Clear(known);
        (next, sequence) = (0, device.Sequences);
    }

    /// <summary>A slot to be raised by a kernel that writes a tensor.</summary>
    public int Take() => next++;

    /// <summary>The kernel has been queued: the slot is that of all values of the tensor, until somebody asks for them to write.</summary>
    public void Keep(int slot, IlgpuTensor tensor) => known[slot] = (tensor, tensor.Storage.Version);

    /// <summary>The slot of a tensor's largest.</summary>
    public int Find(IlgpuTensor tensor)
    {
        int slot = Array.IndexOf(known, (tensor, tensor.Storage.Version));
        if (slot >= 0) return slot;
        slot = Take();
        var values = tensor.Values.Quads();
        largest(device.Groups((int)Math.Clamp(values.Length / (4 * GroupSize), 1, MostGroups), 1, GroupSize), values, Largest, slot);
        return slot;
    }

    /// <summary>The scale for a largest magnitude: 2^(13 - e) for one in [2^e, 2^(e+1)), as far as float32 and its inverse go.</summary>
    public static float For(float largest)
    {
        int e = (int)(Interop.FloatAsInt(largest) >> 23) - 127;
        return Interop.IntAsFloat((uint)Math.Min(Math.Max(Exponent - e + 127, 1), 253) << 23);
    }

    /// <summary>The scale for what a slot holds; 1 for a tensor of zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of(int largest) => largest != 0 ? For(Interop.IntAsFloat((uint)largest)) : 1;

    /// <summary>The inverse of a scale, without a division.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Inverse(float scale) => Interop.IntAsFloat(0x7f000000u - Interop.FloatAsInt(scale));

    /// <summary>Raises a slot to a magnitude. Magnitudes are ordered as their bits are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Raise(ArrayView<int> largest, int slot, float magnitude) => Atomic.Max(ref largest[slot], (int)Interop.FloatAsInt(magnitude));

    /// <summary>The largest magnitude among a quad's and one more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Larger(float largest, Float4 v) => Larger(Larger(largest, Larger(v.X, v.Y)), Larger(v.Z, v.W));

    internal static void LargestKernel(ArrayView<Float4> values, ArrayView<int> slots, int slot)
    {
        float largest = 0;
        for (long i = (long)Grid.IdxX * GroupSize + Group.IdxX; i < values.Length; i += (long)Grid.DimX * GroupSize) largest = Larger(largest, values[i]);
        largest = OfGroup(largest);
        if (Group.IdxX == 0) Raise(slots, slot, largest);
    }

    public static float Larger(float a, float b)
    {
        float x = a < 0 ? -a : a, y = b < 0 ? -b : b;
        return x > y ? x : y;
    }

    static float OfGroup(float value)
    {
        var shared = SharedMemory.Allocate<float>(GroupSize);
        int thread = Group.IdxX;
        shared[thread] = value;
        Group.Barrier();
        for (int half = GroupSize / 2; half > 0; half >>= 1)
        {
            if (thread < half) shared[thread] = Larger(shared[thread], shared[thread + half]);
            Group.Barrier();
        }
        return shared[0];
    }
}
