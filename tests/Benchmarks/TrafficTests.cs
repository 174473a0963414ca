using GpuStyle.Benchmarks;
using GpuStyle.Kernels;
using GpuStyle.Optimization;

namespace GpuStyle.Tests.Benchmarks;

/// <summary>What the ILGPU engine's kernels are said to read and write.</summary>
[Trait("Takes", "long")]
public sealed class TrafficTests
{
    /// <summary>A kernel that is not known would throw. Every layer's activation is written at least once and read in both directions.</summary>
    [Theory]
    [InlineData(Precision.Fp32, 4)]
    [InlineData(Precision.Tf32, 4)]
    [InlineData(Precision.Fp16, 2)]
    public void Every_launch_of_an_evaluation_is_counted(Precision precision, int bytesOfWeight)
    {
        const int size = 64;
        var settings = Presets.Find("gatys2016").Objective;
        var launches = TrafficBenchmark.Count(settings, size, precision);
        var (read, written) = TrafficBenchmark.Least(settings, size, bytesOfWeight);
        // conv1_1 to conv5_1, both ways.
        Assert.Equal(26, launches.Count(l => l.Name.Contains("Convolution.") && !l.Name.StartsWith("1x1", StringComparison.Ordinal)));
        Assert.InRange(launches.Sum(l => l.Read), read, 3 * read);
        Assert.InRange(launches.Sum(l => l.Written), written, 3 * written);
    }

    /// <summary>A gradient that is masked and added to: 70 outgoing and 40 incoming channels are stored as 128 and 64; inputs have 64 bytes of zeros in front.</summary>
    [Theory]
    [InlineData(Precision.Tf32, 4)]
    [InlineData(Precision.Fp16, 2)]
    public void A_convolution_is_counted_as_by_hand(Precision precision, int bytesOfWeight)
    {
        using var device = IlgpuAccelerators.OpenCpu(forGpu: true, precision);
        List<(string Name, long Read, long Written)> launches = [];
        device.InsteadOfLaunches = (kernel, arguments) => launches.Add(KernelTraffic.Of(kernel, arguments));
        using var filter = device.Convolution.Prepare(70, 40, new float[9 * 70 * 40], new float[70]);
        using Tensor outer = device.Allocate(new(70, 5, 7)), inner = device.Allocate(new(40, 5, 7)), mask = device.Allocate(new(40, 5, 7));
        device.Convolution.Gradient(filter, outer, inner, mask, accumulate: true);
        var (_, read, written) = Assert.Single(launches, l => l.Name.StartsWith("TensorCoreConvolution", StringComparison.Ordinal));
        Assert.Equal((64 + 4 * 35 * 128) + (9 * 128 * 64 * bytesOfWeight) + 2 * (4 * 35 * 64), read);
        Assert.Equal(4 * 35 * 64, written);
    }
}
