using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>A tensor in an <see cref="IlgpuStorage"/>, which it shares with the tensors made from it by <see cref="As"/>.</summary>
internal sealed class IlgpuTensor(IlgpuDevice device, Shape shape, IlgpuStorage storage, bool owner, bool packed = false) : Tensor(device, shape)
{
    readonly ArrayView<float> values = packed ? default : storage.Values<float>().SubView(0, device.LayoutOf(shape).Count);

    public Layout Layout { get; } = device.LayoutOf(shape);

    public IlgpuStorage Storage => storage;

    public override bool Packed => packed;

    /// <summary>All stored values, padding included; none of a packed tensor.</summary>
    public ArrayView<float> Values
    {
        get
        {
            storage.Touch();
            return values;
        }
    }

    /// <summary><see cref="IlgpuStorage.Zeros"/> zeros, then the values, to be read.</summary>
    public ArrayView<float> ZerosAndValues { get; } = packed ? default : storage.ZerosAndValues(device.LayoutOf(shape).Count);

    /// <summary>The words and scales of a packed tensor, as <see cref="PackedFormat"/> says.</summary>
    public ArrayView<int> Words { get; } = packed ? storage.Values<int>().SubView(0, PackedFormat.Size(shape.Count)) : default;

    public override Tensor As(Shape shape)
    {
        IlgpuAccess.CheckFloats(this);
        if (device.LayoutOf(shape.Checked()).Count > storage.Count)
            throw new ArgumentException($"{shape} does not fit the storage of {Shape}.", nameof(shape));
        return new IlgpuTensor(device, shape, storage, owner: false);
    }

    public override void Dispose()
    {
        if (owner) storage.Dispose();
    }
}

/// <summary>The ILGPU operations' access to their tensors.</summary>
internal static class IlgpuAccess
{
    public static IlgpuTensor OnIlgpu(this Tensor tensor) => (IlgpuTensor)tensor;

    /// <summary>The values of a tensor of floats.</summary>
    public static ArrayView<float> DeviceView(this Tensor tensor)
    {
        CheckFloats(tensor);
        return ((IlgpuTensor)tensor).Values;
    }

    /// <summary>Throws if the tensor is packed.</summary>
    public static void CheckFloats(Tensor tensor)
    {
        if (tensor.Packed) throw new ArgumentException($"A packed tensor ({tensor.Shape}) cannot be used here.", nameof(tensor));
    }

    public static Layout DeviceLayout(this Tensor tensor) => ((IlgpuTensor)tensor).Layout;

    public static ArrayView<Float4> Quads(this ArrayView<float> values) => values.Cast<Float4>();
}
