using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>Winograd convolutions on maps of many blocks, private and shared, against the direct ones, and how blocks are chosen.</summary>
public sealed class WinogradTests
{
    /// <summary>Tens of private blocks with a last one that is not full, and weights of 38 MB, which are more than the map: a block for all.</summary>
    public static TheoryData<int, int, int, int> Shapes => new() { { 64, 48, 70, 131 }, { 48, 128, 65, 66 }, { 512, 512, 45, 47 } };

    /// <summary>Tolerance: both err by some 1e-6 of the outputs' scale.</summary>
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Many_blocks_agree_with_the_direct_convolution(int c, int k, int height, int width)
    {
        foreach (int bits in (int[])[512, 256, 128])
        {
            using SimdDevice direct = new(2, true, bits), one = new(1, false, bits), three = new(3, false, bits), many = new(64, false, bits);
            var expected = Outputs(direct, c, k, height, width);
            var actual = Outputs(one, c, k, height, width);
            var (again, shared) = (Outputs(three, c, k, height, width), Outputs(many, c, k, height, width));
            for (int i = 0; i < expected.Length; i++)
            {
                double error = expected[i].Zip(actual[i]).Max(pair => Math.Abs(pair.First - pair.Second)), scale = expected[i].Max(Math.Abs);
                Assert.InRange(error, 0, 1e-5 * scale);
                Assert.True(actual[i].AsSpan().SequenceEqual(again[i]), $"{bits} bits: three threads give other bits");
                Assert.True(actual[i].AsSpan().SequenceEqual(shared[i]), $"{bits} bits: 64 threads give other bits");
            }
        }
    }

    [Fact]
    public void Blocks_follow_from_the_weights_the_caches_and_the_threads()
    {
        Assert.True(WinogradBlocks.Choose(22, 1 << 20, CacheSizes.Third, 2).Shared);
        Assert.True(WinogradBlocks.Choose(22, 1 << 10, 1 << 10, 64).Shared);
        // More weights than inputs and products, and as many.
        Assert.True(WinogradBlocks.Choose(64, 1 << 10, (64 << 10) + 1, 64).Shared);
        Assert.False(WinogradBlocks.Choose(64, 1 << 10, 64 << 10, 64).Shared);
        Assert.Equal(1, Private(64, 1 << 10, 64).Groups);
        Assert.Equal(3, Private(41, 1 << 10, 16).Groups);
        Assert.Equal(2, Private(1000, CacheSizes.Second, 2).Groups);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 64, 1)]
    [InlineData(28, 2, 2)]
    [InlineData(30, 2, 2)]
    [InlineData(29, 2, 2)]
    [InlineData(1000, 3, 2)]
    [InlineData(1001, 16, 2)]
    [InlineData(41, 16, 3)]
    [InlineData(64, 4, 4)]
    public void Private_blocks_are_whole_rounds_and_a_last_one_that_is_shared_evenly(int groups, int threads, int each)
    {
        var blocks = new WinogradBlocks(Shared: false, each, groups, threads);
        int next = 0, whole = groups / (each * threads) * threads;
        var sizes = new List<int>();
        for (int i = 0; i < blocks.Count; i++)
        {
            var (first, count) = blocks.Block(i);
            Assert.Equal(next, first);
            Assert.InRange(count, 1, each);
            next += count;
            sizes.Add(count);
        }
        Assert.Equal(groups, next);
        Assert.All(sizes[..whole], size => Assert.Equal(each, size));
        Assert.Equal(Math.Min(threads, groups - whole * each), sizes.Count - whole);
        if (sizes.Count > whole) Assert.InRange(sizes[whole..].Max() - sizes[whole..].Min(), 0, 1);
    }

    [Fact]
    public void Shared_blocks_follow_one_another()
    {
        var blocks = new WinogradBlocks(Shared: true, 4, 10, 3);
        Assert.Equal([(0, 4), (4, 4), (8, 2)], Enumerable.Range(0, blocks.Count).Select(blocks.Block));
    }

    static WinogradBlocks Private(int groups, long groupBytes, int threads)
    {
        var blocks = WinogradBlocks.Choose(groups, groupBytes, 1 << 10, threads);
        Assert.False(blocks.Shared);
        return blocks;
    }

    /// <summary>Forward and, accumulated and masked, backward.</summary>
    internal static float[][] Outputs(SimdDevice device, int c, int k, int height, int width)
    {
        Shape input = new(c, height, width), output = new(k, height, width);
        using var filter = device.Convolution.Prepare(k, c, CaseTensors.Values("kernel", 9L * c * k, false), CaseTensors.Values("bias", k, false));
        using Tensor x = device.Allocate(input, CaseTensors.Values("x", input.Count, true)), y = device.Allocate(output), dx = device.Allocate(input, CaseTensors.Values("dx", input.Count, false));
        device.Convolution.Forward(filter, x, y);
        device.Convolution.Gradient(filter, y, dx, x, accumulate: true);
        return [device.Download(y), device.Download(dx)];
    }
}
