using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>What the SIMD engine promises beyond the values: clean borders, no allocation, memory given back.</summary>
public sealed unsafe class SimdDeviceTests
{
    /// <summary>Borders are cleared where another shape may have left something, and nothing is written there otherwise.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Overwritten_tensors_have_a_border_of_zeros_whatever_was_there(bool reshaped)
    {
        using var device = new SimdDevice(2);
        foreach (var item in OperationCatalogue.Tiny().Concat(OperationCatalogue.Awkward()))
        {
            using var tensors = new CaseTensors(device);
            var action = item.Prepare(tensors);
            foreach (var tensor in tensors.Outputs.Values.Where(t => reshaped && float.IsNaN(device.Download(t)[0])).Cast<SimdTensor>())
            {
                new Span<float>(tensor.Data, (int)tensor.Floats).Fill(float.NaN);
                tensor.Block.Reshaped = true;
            }
            action();
            foreach (var (name, tensor) in tensors.Outputs) Assert.True(PaddingIsZero((SimdTensor)tensor), $"{item.Name}: the padding of {name} is not zero");
        }
    }

    [Fact]
    public void Dividing_by_what_is_not_a_number_leaves_the_border_alone()
    {
        using var device = new SimdDevice(1);
        using var sums = device.AllocateScalars(1);
        sums.Write([double.NaN]);
        using Tensor x = device.Allocate(new(17, 5, 6), [.. Enumerable.Range(1, 17 * 30).Select(i => (float)i)]), result = device.Allocate(x.Shape);
        device.Moments.Divide(x, 1, new(sums, 0), result, accumulate: false);
        Assert.All(device.Download(result), value => Assert.True(float.IsNaN(value)));
        Assert.True(PaddingIsZero((SimdTensor)result));
    }

    [Fact]
    public void Uploading_cleans_a_border_too()
    {
        using var device = new SimdDevice(1);
        using var storage = device.Allocate(new(64, 20, 20));
        new Span<float>(((SimdTensor)storage).Data, (int)((SimdTensor)storage).Floats).Fill(float.NaN);
        var view = storage.As(new(17, 5, 6));
        device.Upload(new float[17 * 5 * 6], view);
        Assert.True(PaddingIsZero((SimdTensor)view));
    }

    [Fact]
    public void Operations_allocate_nothing_once_their_scratch_is_there()
    {
        using var device = new SimdDevice(2);
        Shape picture = new(3, 24, 20), map = new(64, 24, 20), pooled = new(64, 12, 10), matrix = Shape.Matrix(64);
        using var convolution = device.Convolution.Prepare(64, 3, new float[64 * 27], new float[64]);
        using var inner = device.Convolution.Prepare(64, 64, new float[64 * 64 * 9], new float[64]);
        Tensor x = device.Allocate(picture), dx = device.Allocate(picture), f = device.Allocate(map), h = device.Allocate(map), df = device.Allocate(map), p = device.Allocate(pooled), g = device.Allocate(matrix);
        using var sums = device.AllocateScalars(4);
        Tensor[] vectors = [x, dx];
        double[] coefficients = [1, 2], read = new double[4];
        void Iteration()
        {
            device.Convolution.Forward(convolution, x, f);
            device.Convolution.Forward(inner, f, h);
            device.Pooling.Forward(PoolingKind.Average, h, p);
            device.Gram.Accumulate(f, Region.All(map), g);
            device.SquaredError.Evaluate(g, 1, g, Region.All(matrix), new(sums, 0), g, 1, false);
            device.Gram.Gradient(f, Region.All(map), g, df, false);
            device.Pooling.Gradient(PoolingKind.Max, f, p, df, true);
            device.Convolution.Gradient(inner, df, h, f, true);
            device.Convolution.Gradient(convolution, h, dx, null, false);
            device.TotalVariation.Evaluate(TotalVariationKind.Squared, x, new(sums, 1), dx, 1);
            device.Vectors.Dot(vectors, x, sums, 2);
            device.Vectors.Combine(vectors, coefficients, x);
            sums.Read(read);
        }
        for (int i = 0; i < 3; i++) Iteration();
        long native = device.AllocatedBytes;
        Assert.Equal(0, Allocations.Of(10, Iteration));
        Assert.Equal(native, device.AllocatedBytes);
    }

    [Fact]
    public void Memory_is_accounted_for_and_given_back()
    {
        Shape shape = new(20, 7, 9);
        var device = new SimdDevice(2);
        var tensor = device.Allocate(shape);
        Assert.Equal(device.StorageBytes(shape), device.AllocatedBytes);
        tensor.As(new(3, 2, 2)).Dispose();
        Assert.Equal(device.StorageBytes(shape), device.AllocatedBytes);
        tensor.Dispose();
        tensor.Dispose();
        Assert.Equal(0, device.AllocatedBytes);
        Assert.Throws<ObjectDisposedException>(() => device.Vectors.Fill(tensor, 1));

        var left = device.Allocate(shape);
        device.Dispose();
        device.Dispose();
        left.Dispose();
        Assert.Equal(0, device.AllocatedBytes);
        Assert.Throws<ObjectDisposedException>(() => device.Allocate(shape));
    }

    [Fact]
    public void Writing_outside_a_tensor_is_noticed()
    {
        using var device = new SimdDevice(1);
        using var tensor = (SimdTensor)device.Allocate(new(3, 5, 5));
        Assert.True(device.GuardsIntact(tensor));
        tensor.Data[tensor.Floats] = 1;
        Assert.False(device.GuardsIntact(tensor));
    }

    static bool PaddingIsZero(SimdTensor tensor)
    {
        for (nint i = 0; i < tensor.Floats; i++)
        {
            nint pixel = i / tensor.Lanes % ((nint)tensor.Rows * tensor.Pitch), x = pixel % tensor.Pitch - tensor.Border, y = pixel / tensor.Pitch - tensor.Border;
            bool inside = x >= 0 && x < tensor.Shape.Width && y >= 0 && y < tensor.Shape.Height;
            nint channel = i / tensor.GroupFloats * tensor.Lanes + i % tensor.Lanes;
            if ((!inside || channel >= tensor.Shape.Channels) && tensor.Data[i] != 0) return false;
        }
        return true;
    }
}
