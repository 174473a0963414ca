using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>Half precision's scales: a tensor's largest is known from who wrote it, and never believed when anybody else may have written since.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
[Collection("OpenCL")]
public sealed class OperandScaleTests
{
    static readonly Shape Map = new(16, 9, 18);

    /// <summary>What is convolved next comes out of a convolution, is changed in each of the ways there are, or was recorded with.</summary>
    [Fact]
    public void Only_what_is_not_known_is_read_again()
    {
        using var device = IlgpuAccelerators.OpenCpu(forGpu: true, Precision.Fp16);
        int scans = 0;
        device.InsteadOfLaunches = (kernel, _) => scans += kernel.Name == "LargestKernel" ? 1 : 0;
        int Scans(Action action)
        {
            scans = 0;
            action();
            return scans;
        }
        using var filter = Filter(device);
        using Tensor x = device.Allocate(Map), y = device.Allocate(Map), z = device.Allocate(Map), gram = device.Allocate(Shape.Matrix(16)), pooled = device.Allocate(new(16, 4, 9));
        Assert.Equal(1, Scans(() => device.Convolution.Forward(filter, x, y)));
        Assert.Equal(0, Scans(() => device.Convolution.Forward(filter, y, z)));
        device.Gram.Accumulate(y, Region.All(Map), gram);
        Assert.Equal(0, Scans(() => device.Convolution.Forward(filter, y, z)));
        Assert.Equal(0, Scans(() => device.Convolution.Forward(filter, z, y, new PooledMap(PoolingKind.Max, pooled))));
        Assert.Equal(0, Scans(() => device.Convolution.Gradient(filter, y, z, null, accumulate: false, new PooledMap(PoolingKind.Average,
            pooled))));
        foreach (var change in new Action[] { () => device.Vectors.Fill(z, 3), () => device.Upload(new float[Map.Count], z), () => device.Vectors.MaskByRelu(x, z), () => device.Gram.Gradient(x, Region.All(Map), gram, z, accumulate: true) })
        {
            device.Convolution.Forward(filter, y, z);
            change();
            Assert.Equal(1, Scans(() => device.Convolution.Forward(filter, z, y)));
        }
        device.Convolution.Forward(filter, x, y);
        using (var recording = device.Record(() => device.Convolution.Forward(filter, y, z)))
            Assert.Equal(1, Scans(recording.Replay));
        Assert.Equal(1, Scans(() => device.Convolution.Forward(filter, z, y)));
        // However many there are: the slots begin anew.
        Assert.InRange(Scans(() =>
        {
            for (int i = 0; i < 100; i++) device.Convolution.Forward(filter, i % 2 == 0 ? y : z, i % 2 == 0 ? z : y);
        }), 0, 3);
    }

    /// <summary>Half precision's error and no more, however large what was written last.</summary>
    [Theory]
    [InlineData(DeviceKind.OpenCl)]
    [InlineData(DeviceKind.Cuda)]
    public void Values_far_larger_than_the_last_ones_are_right(DeviceKind kind)
    {
        bool cuda = kind == DeviceKind.Cuda;
        using var device = cuda ? CudaOperationTests.Open(Precision.Fp16) : TensorCoreOperationTests.Open(Precision.Fp16);
        Assert.SkipWhen(device is null, cuda ? CudaOperationTests.Absent : OpenClOperationTests.Absent);
        using var reference = new ReferenceDevice();
        float[] large = Array.ConvertAll(CaseTensors.Values("large", Map.Count, relu: true), v => 1e6f * v);
        float[] Result(Device on)
        {
            using var filter = Filter(on);
            using Tensor x = on.Allocate(Map, CaseTensors.Values("x", Map.Count, relu: true)), y = on.Allocate(Map), z = on.Allocate(Map);
            on.Convolution.Forward(filter, x, y);
            on.Convolution.Forward(filter, y, z);
            on.Upload(large, y);
            on.Convolution.Forward(filter, y, z);
            on.Convolution.Forward(filter, z, x);
            return [.. on.Download(z), .. on.Download(x)];
        }
        float[] actual = Result(device), expected = Result(reference);
        // Two convolutions, one on the other.
        double most = 2 * TensorCoreOperationTests.Tolerance * expected.Max();
        Assert.All(actual.Zip(expected), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, most));
    }

    static Filter Filter(Device device) => device.Convolution.Prepare(16, 16, CaseTensors.Values("kernel", 9 * 16 * 16, relu: false), CaseTensors.Values("bias", 16, relu: false));
}
