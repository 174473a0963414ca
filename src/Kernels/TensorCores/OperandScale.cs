using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// The power of two that brings a tensor's largest magnitude to between 2^13 and 2^14, near half precision's largest number 65504, and its
/// inverse. Multiplying by it rounds nothing, and largest values do not depend on an order.
/// <code>
/// partial: the largest magnitude of each group's share, overwritten       scales: [scale, 1 / scale], overwritten
/// </code>
/// </summary>
internal sealed class OperandScale
{
    const int GroupSize = IlgpuSums.GroupSize, MostGroups = 512, Exponent = 13;

    readonly IlgpuDevice device;
    readonly ArrayView<float> partial;
    readonly Action<KernelConfig, ArrayView<Float4>, ArrayView<float>> largest;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, int> finish;

    public OperandScale(IlgpuDevice device)
    {
        this.device = device;
        partial = new IlgpuStorage(device, MostGroups).Values<float>();
        Scales = new IlgpuStorage(device, 2).Values<float>();
        largest = device.Load<ArrayView<Float4>, ArrayView<float>>(LargestKernel);
        finish = device.Load<ArrayView<float>, ArrayView<float>, int>(FinishKernel);
    }

    /// <summary>What <see cref="Find"/> found last.</summary>
    public ArrayView<float> Scales { get; }

    /// <summary>Finds the scale of a tensor.</summary>
    public void Find(ArrayView<Float4> values)
    {
        int groups = (int)Math.Clamp(values.Length / (4 * GroupSize), 1, MostGroups);
        largest(device.Groups(groups, 1, GroupSize), values, partial);
        finish(device.Groups(1, 1, GroupSize), partial, Scales, groups);
    }

    /// <summary>The scale for a largest magnitude: 2^(13 - e) for one in [2^e, 2^(e+1)), as far as float32 and its inverse go.</summary>
    public static float For(float largest)
    {
        int e = (int)(Interop.FloatAsInt(largest) >> 23) - 127;
        return Interop.IntAsFloat((uint)Math.Min(Math.Max(Exponent - e + 127, 1), 253) << 23);
    }

    internal static void LargestKernel(ArrayView<Float4> values, ArrayView<float> partial)
    {
        float largest = 0;
        for (long i = (long)Grid.IdxX * GroupSize + Group.IdxX; i < values.Length; i += (long)Grid.DimX * GroupSize)
        {
            var v = values[i];
            largest = Larger(Larger(largest, Larger(v.X, v.Y)), Larger(v.Z, v.W));
        }
        largest = OfGroup(largest);
        if (Group.IdxX == 0) partial[Grid.IdxX] = largest;
    }

    internal static void FinishKernel(ArrayView<float> partial, ArrayView<float> scales, int groups)
    {
        float largest = 0;
        for (int i = Group.IdxX; i < groups; i += GroupSize) largest = Larger(largest, partial[i]);
        largest = OfGroup(largest);
        if (Group.IdxX != 0) return;
        // 1 for a tensor of zeros.
        float scale = largest > 0 ? For(largest) : 1;
        scales[0] = scale;
        scales[1] = 1 / scale;
    }

    static float Larger(float a, float b)
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
