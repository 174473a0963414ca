namespace GpuStyle.Kernels;

/// <summary>How the values of a tensor lie.</summary>
internal enum SimdLayout
{
    /// <summary>Planes one after the other.</summary>
    Planar,

    /// <summary>Groups of sixteen channels within a border of zeros.</summary>
    Blocked,

    /// <summary>Planes one after the other, as <see cref="PackedFormat"/> says.</summary>
    Packed,

    /// <summary>Of each value whether it is positive: [C/16][H][W] of 16 bits, a channel each.</summary>
    Mask,
}

/// <summary>
/// A tensor of the SIMD engine. Up to <see cref="PlanarChannels"/> channels (pictures, matrices) are planes without padding.
/// More (feature maps) lie in groups of sixteen channels, [C/16][H+2][W+2][16]: a border of one pixel and the channels that
/// fill up the last group are zero, whatever the storage held before, so that a convolution has no edges and sums may run
/// over the border. Either way the tensor is <see cref="Groups"/> x <see cref="Rows"/> rows of <see cref="RowFloats"/>
/// floats in which neighbours are <see cref="Lanes"/> apart, and flat operations need not know which. The other two layouts are for few operations alone, and none of that is said of them.
/// </summary>
internal sealed unsafe class SimdTensor(SimdDevice device, Shape shape, NativeBlock block, SimdLayout layout, bool owner) : Tensor(device, shape)
{
    public const int PlanarChannels = 4;
    public const int BlockChannels = 16;

    public SimdLayout Layout => layout;
    public override bool Packed => layout == SimdLayout.Packed;
    public bool Blocked => layout == SimdLayout.Blocked;

    public NativeBlock Block => block;
    public float* Data => block.Data;

    /// <summary>Floats from a pixel to its right neighbour: the channels that lie side by side.</summary>
    public int Lanes => Blocked ? BlockChannels : 1;
    /// <summary>Pixels of zeros on each side.</summary>
    public int Border => Blocked ? 1 : 0;
    public int Groups => GroupsFor(Shape, layout);
    public int Rows => Shape.Height + 2 * Border;
    /// <summary>Pixels from one row to the next.</summary>
    public int Pitch => Shape.Width + 2 * Border;
    public nint RowFloats => (nint)Pitch * Lanes;
    public nint GroupFloats => Rows * RowFloats;
    public nint Floats => Groups * GroupFloats;

    /// <summary>Pixel (0,0) of a group of channels.</summary>
    public float* Pixel(int group) => Data + group * GroupFloats + Border * (RowFloats + Lanes);

    /// <summary>Groups of channels, or planes.</summary>
    static int GroupsFor(Shape shape, SimdLayout layout) =>
        layout is SimdLayout.Blocked or SimdLayout.Mask ? WholeGroups(shape.Channels) / BlockChannels : shape.Channels;

    /// <summary>The same of a shape in its own layout.</summary>
    public static int GroupsOf(Shape shape) => GroupsFor(shape, LayoutOf(shape));

    /// <summary>Channels with those that fill up the last group.</summary>
    public static int WholeGroups(int channels) => (channels + BlockChannels - 1) / BlockChannels * BlockChannels;

    /// <summary>The layout of a shape's values.</summary>
    public static SimdLayout LayoutOf(Shape shape) => shape.Channels > PlanarChannels ? SimdLayout.Blocked : SimdLayout.Planar;

    public static long FloatsFor(Shape shape, SimdLayout layout) => layout switch
    {
        SimdLayout.Blocked => WholeGroups(shape.Channels) * (shape.Height + 2L) * (shape.Width + 2L),
        SimdLayout.Packed => PackedFormat.Size(shape.Count),
        SimdLayout.Mask => (WholeGroups(shape.Channels) / BlockChannels * shape.Positions + 1) / 2,
        _ => shape.Count,
    };

    public override Tensor As(Shape shape)
    {
        if (Packed) this.Simd();
        var to = layout == SimdLayout.Mask ? layout : LayoutOf(shape);
        if (FloatsFor(shape.Checked(), to) > block.Floats) throw new ArgumentException($"{shape} does not fit the storage of {Shape}.", nameof(shape));
        block.Reshaped |= shape != Shape;
        return new SimdTensor(device, shape, block, to, owner: false);
    }

    public override void Dispose()
    {
        if (!owner) return;
        owner = false;
        device.Free(block);
    }
}

/// <summary>Sums on the host.</summary>
internal sealed class SimdScalars(SimdDevice device, int count) : Scalars(device, count)
{
    public double[] Values { get; } = new double[count];

    public override void Clear() => Array.Clear(Values);

    public override void Read(Span<double> values)
    {
        Device.Synchronize();
        Values.CopyTo(values);
    }

    public override void Write(ReadOnlySpan<double> values)
    {
        Device.RefuseWhileRecording("copy from the host");
        values[..Count].CopyTo(Values);
    }

    public override void Dispose() { }
}

internal static class SimdAccess
{
    /// <summary>A tensor of floats.</summary>
    public static SimdTensor Simd(this Tensor tensor) => (SimdTensor)tensor switch
    {
        { Layout: SimdLayout.Packed } => throw new ArgumentException($"A packed tensor ({tensor.Shape}) cannot be used here."),
        { Layout: SimdLayout.Mask } => throw new ArgumentException($"Of {tensor.Shape} only the ReLU mask was kept: it cannot be used here."),
        var own => own,
    };

    /// <summary>Adds <paramref name="count"/> partial sums, in their order, to a slot.</summary>
    public static unsafe void AddPartials(this ScalarSlot slot, double* partials, int count)
    {
        double sum = 0;
        for (int i = 0; i < count; i++) sum += partials[i];
        ((SimdScalars)slot.Scalars).Values[slot.Index] += sum;
    }
}
