using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>Poolings that go with the tiles of a Winograd convolution, against the convolution and the pooling one after the other: the same bits, whether the output or its ReLU mask is kept.</summary>
public sealed class WinogradPoolingTests
{
    /// <summary>Channels of F(6x6), whole groups and not, and of F(4x4).</summary>
    public static TheoryData<int, int, int> Cases { get; } = [.. new[] { 512, 256, 128 }.SelectMany(bits => new[] { (bits, 16, 32), (bits, 20, 40), (bits, 20, 272) })];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Windows_anywhere_give_the_same_bits(int vectorBits, int from, int to)
    {
        using var device = new SimdDevice(2, exact: false, vectorBits);
        var random = new Random(1);
        float[] Values(long count) => [.. Enumerable.Range(0, (int)count).Select(_ => random.NextSingle() * 2 - 1)];
        using var filter = device.Convolution.Prepare(to, from, Values(9L * to * from), Values(to));
        for (int i = 0; i < 60; i++)
        {
            // The first few as wide as a dozen tiles, with windows that end long before the map.
            Shape input = new(from, random.Next(2, 28), i < 5 ? 40 : random.Next(2, 36)), output = new(to, input.Height, input.Width), whole = IPooling.Output(output);
            int height = random.Next(1, whole.Height + 1), width = i < 5 ? 3 : random.Next(1, whole.Width + 1);
            Shape pooledShape = new(to, height, width);
            Corner corner = new(random.Next(whole.Height - height + 1), random.Next(whole.Width - width + 1));
            bool accumulate = i % 3 == 0, masked = i % 2 == 0;
            using Tensor x = device.Allocate(input, Values(input.Count)), mask = device.Allocate(input, Values(input.Count)), dy = device.Allocate(pooledShape, Values(pooledShape.Count));
            float[] before = Values(input.Count);
            foreach (var kind in Enum.GetValues<PoolingKind>())
            {
                using Tensor apart = device.Allocate(output), pooledApart = device.Allocate(pooledShape), dxApart = device.Allocate(input, before);
                IConvolution.ForwardUnfused(device.Convolution, filter, x, apart, new(kind, pooledApart, corner));
                float[] features = device.Download(apart);
                IConvolution.GradientUnfused(device.Convolution, filter, apart, dxApart, masked ? mask : null, accumulate, new(kind, dy,
                    corner));
                foreach (bool hidden in new[] { false, true })
                {
                    using Tensor y = hidden ? device.AllocateBeforePooling(output, from, kind) : device.Allocate(output), pooled = device.Allocate(pooledShape), dx = device.Allocate(input, before);
                    device.Convolution.Forward(filter, x, y, new PooledMap(kind, pooled, corner));
                    if (!hidden) Assert.Equal(features, device.Download(y));
                    Assert.Equal(device.Download(pooledApart), device.Download(pooled));
                    // Backwards only a mask goes with the tiles.
                    if (hidden && kind == PoolingKind.Average)
                    {
                        device.Convolution.Gradient(filter, y, dx, masked ? mask : null, accumulate, new PooledMap(kind, dy, corner));
                        Assert.Equal(device.Download(dxApart), device.Download(dx));
                    }
                    foreach (var tensor in new[] { y, pooled, dx }) Assert.True(device.GuardsIntact(tensor));
                }
            }
        }
    }

    [Fact]
    public void A_mask_takes_a_bit_for_each_value_and_is_read_by_nothing_else()
    {
        using var device = new SimdDevice(1);
        Shape output = new(64, 9, 10), pooledShape = IPooling.Output(output);
        using Tensor mask = device.AllocateBeforePooling(output, 64, PoolingKind.Average), x = device.Allocate(output), pooled = device.Allocate(pooledShape);
        Assert.Equal(device.BytesBeforePooling(output, 64, PoolingKind.Average), device.AllocatedBytes - device.StorageBytes(output) - device.StorageBytes(pooledShape));
        Assert.Equal(64 * 9 * 10 / 8, device.BytesBeforePooling(output, 64, PoolingKind.Average) - NativeBlock.BytesFor(0));
        using var filter = device.Convolution.Prepare(64, 64, new float[9 * 64 * 64], new float[64]);
        using var first = device.Convolution.Prepare(64, 3, new float[9 * 64 * 3], new float[64]);
        using var picture = device.Allocate(new Shape(3, 9, 10));
        Action[] others =
        [
            () => device.Download(mask),
            () => device.Convolution.Forward(filter, x, mask),
            () => device.Convolution.Gradient(filter, mask, x, null, accumulate: false),
            () => device.Pooling.Gradient(PoolingKind.Average, mask, pooled, x, accumulate: false),
            () => device.Convolution.Forward(filter, x, mask, new PooledMap(PoolingKind.Max, pooled)),
            () => device.Convolution.Gradient(filter, mask, x, null, accumulate: false, new PooledMap(PoolingKind.Max, pooled)),
            () => device.Convolution.Gradient(first, mask, picture, null, accumulate: false, new PooledMap(PoolingKind.Average, pooled)),
        ];
        foreach (var other in others) Assert.Contains("ReLU mask", Assert.Throws<ArgumentException>(other).Message);
    }

    [Fact]
    public void Features_are_kept_where_a_mask_would_not_do()
    {
        using SimdDevice winograd = new(1), exact = new(1, exact: true);
        Shape output = new(64, 8, 8);
        Assert.Equal(winograd.StorageBytes(output), winograd.BytesBeforePooling(output, 64, PoolingKind.Max));
        Assert.Equal(winograd.StorageBytes(output), winograd.BytesBeforePooling(output, 3, PoolingKind.Average));
        Assert.Equal(exact.StorageBytes(output), exact.BytesBeforePooling(output, 64, PoolingKind.Average));
    }
}
