using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>Storage, accounting and waiting of the ILGPU engine.</summary>
public sealed class IlgpuDeviceTests : IDisposable
{
    readonly IlgpuDevice device = IlgpuAccelerators.OpenCpu(forGpu: false);

    public void Dispose() => device.Dispose();

    [Fact]
    public void Storage_is_accounted_for_and_given_back()
    {
        Shape features = new(20, 3, 5);
        Assert.True(device.StorageBytes(features) >= 4 * features.Count);
        var tensor = device.Allocate(features);
        Assert.Equal(device.StorageBytes(features), device.AllocatedBytes);
        tensor.As(new(3, 4, 5)).Dispose();
        Assert.Equal(device.StorageBytes(features), device.AllocatedBytes);
        tensor.Dispose();
        tensor.Dispose();
        Assert.Equal(0, device.AllocatedBytes);
        Assert.Equal(device.StorageBytes(features), device.PeakBytes);
    }

    [Fact]
    public void Values_come_back_as_they_went_in_and_start_as_zeros()
    {
        Shape shape = new(20, 3, 5);
        using var tensor = device.Allocate(shape);
        Assert.All(device.Download(tensor), v => Assert.Equal(0, v));
        float[] values = [.. Enumerable.Range(0, (int)shape.Count).Select(i => (float)i)];
        device.Upload(values, tensor);
        Assert.Equal(values, device.Download(tensor));
    }

    [Fact]
    public void Storage_that_is_too_small_for_another_shape_is_refused()
    {
        using var tensor = device.Allocate(new(3, 4, 4));
        Assert.Throws<ArgumentException>(() => tensor.As(new(4, 4, 3)));
    }

    [Fact]
    public void More_than_there_is_throws_OutOfMemoryException() =>
        Assert.ThrowsAny<OutOfMemoryException>(() => device.Allocate(new(1024, 1 << 20, 1 << 20)));

    [Fact]
    public void A_picture_that_kernels_cannot_count_is_refused_in_one_line() =>
        Assert.Contains("715 megapixels", Assert.Throws<RequestException>(() => device.Allocate(new(3, 30_000, 30_000))).Message);

    [Fact]
    public void A_write_outside_a_tensor_is_noticed()
    {
        using var tensor = (IlgpuTensor)device.Allocate(new(3, 4, 4));
        Assert.True(device.GuardsIntact(tensor));
        device.Fill(tensor.Values, 1, 1, 1);
        Assert.True(device.GuardsIntact(tensor));
        device.Fill(tensor.ZerosAndValues, 1, 1, 1);
        Assert.False(device.GuardsIntact(tensor));
    }

    [Fact]
    public void Waits_are_counted()
    {
        using var tensor = device.Allocate(new(3, 1, 1));
        using var sums = device.AllocateScalars(2);
        long before = device.Synchronizations;
        device.Vectors.SumOfAbsolutes(tensor, new(sums, 0));
        Assert.Equal(before, device.Synchronizations);
        sums.Read(new double[2]);
        device.Synchronize();
        device.Download(tensor);
        Assert.Equal(before + 3, device.Synchronizations);
    }

    [Fact]
    public void Padding_stays_zero_when_a_tensor_is_filled()
    {
        Shape shape = new(20, 2, 3);
        using var tensor = (IlgpuTensor)device.Allocate(shape);
        device.Vectors.Fill(tensor, 2);
        var stored = new float[tensor.Layout.Count];
        tensor.Storage.Read<float>(stored);
        Assert.Equal(2 * shape.Count, stored.Sum());
        Assert.True(stored.Length > shape.Count);
    }
}
