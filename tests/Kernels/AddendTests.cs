using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>Data gradients to which another tensor is added, against those that accumulate onto a copy of it: the same bits, and the addend stays as it is.</summary>
public sealed class AddendTests
{
    /// <summary>Channels of the picture, of F(6x6) and of F(4x4).</summary>
    public static TheoryData<int, int, int> Cases { get; } = [.. new[] { 512, 256, 128 }.SelectMany(bits => new[] { (bits, 3, 20), (bits, 20, 32), (bits, 20, 272) })];

    [Theory]
    [MemberData(nameof(Cases))]
    public void An_addend_gives_the_bits_of_accumulating(int vectorBits, int from, int to)
    {
        using SimdDevice winograd = new(2, exact: false, vectorBits), direct = new(2, exact: true, vectorBits);
        foreach (Device device in new Device[] { winograd, direct }) Check(device, from, to);
    }

    [Fact]
    public void By_default_it_is_copied()
    {
        using ReferenceDevice device = new();
        Check(device, 3, 4);
        Check(device, 4, 3);
    }

    static void Check(Device device, int from, int to)
    {
        var random = new Random(1);
        float[] Values(long count) => [.. Enumerable.Range(0, (int)count).Select(_ => random.NextSingle() * 2 - 1)];
        Shape input = new(from, 13, 22), output = new(to, 13, 22), pooledShape = IPooling.Output(output);
        using var filter = device.Convolution.Prepare(to, from, Values(9L * to * from), Values(to));
        using Tensor x = device.Allocate(input, Values(input.Count)), dy = device.Allocate(output, Values(output.Count)), pooledGradient = device.Allocate(pooledShape, Values(pooledShape.Count));
        float[] before = Values(input.Count);
        foreach (bool masked in new[] { false, true })
            foreach (bool pools in new[] { false, true })
            {
                using Tensor addend = device.Allocate(input, before), sum = device.Allocate(input, Values(input.Count)), accumulated = device.Allocate(input, before);
                var mask = masked ? x : null;
                if (pools)
                {
                    Tensor Pooled()
                    {
                        var y = device.AllocateBeforePooling(output, from, PoolingKind.Average);
                        using var pooled = device.Allocate(pooledShape);
                        device.Convolution.Forward(filter, x, y, PoolingKind.Average, pooled);
                        return y;
                    }
                    using Tensor one = Pooled(), other = Pooled();
                    device.Convolution.Gradient(filter, PoolingKind.Average, one, pooledGradient, sum, mask, addend);
                    device.Convolution.Gradient(filter, PoolingKind.Average, other, pooledGradient, accumulated, mask, accumulate: true);
                }
                else
                {
                    device.Convolution.Gradient(filter, dy, sum, mask, addend);
                    device.Convolution.Gradient(filter, dy, accumulated, mask, accumulate: true);
                }
                Assert.Equal(device.Download(accumulated), device.Download(sum));
                Assert.Equal(before, device.Download(addend));
                Assert.True(device.GuardsIntact(sum));
            }
    }
}
