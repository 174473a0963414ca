using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>Poolings that go with the tiles of a Winograd convolution, against the convolution and the pooling one after the other: the same bits.</summary>
public sealed class WinogradPoolingTests
{
    /// <summary>Channels of F(6x6) and of F(4x4).</summary>
    public static TheoryData<int, int, int> Cases { get; } = [.. new[] { 512, 256, 128 }.SelectMany(bits => new[] { (bits, 16, 32), (bits, 20, 272) })];

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
                using Tensor y = device.Allocate(output), pooled = device.Allocate(pooledShape), apart = device.Allocate(output), pooledApart = device.Allocate(pooledShape);
                device.Convolution.Forward(filter, x, y, kind, pooled, corner);
                IConvolution.Apart(device.Convolution, filter, x, apart, kind, pooledApart, corner);
                Assert.Equal(device.Download(apart), device.Download(y));
                Assert.Equal(device.Download(pooledApart), device.Download(pooled));

                using Tensor dx = device.Allocate(input, before), dxApart = device.Allocate(input, before);
                device.Convolution.Gradient(filter, kind, y, dy, dx, masked ? mask : null, accumulate, corner);
                IConvolution.Apart(device.Convolution, filter, kind, apart, dy, dxApart, masked ? mask : null, accumulate, corner);
                Assert.Equal(device.Download(dxApart), device.Download(dx));
                foreach (var tensor in new[] { y, pooled, dx }) Assert.True(device.GuardsIntact(tensor));
            }
        }
    }
}
