using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>Packed pictures: magnitudes at the ends of what float32 holds, ties, and blocks that are not full, bit for bit the same on every engine.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
[Collection("OpenCL")]
public sealed class PackedTests
{
    [Theory]
    [InlineData(DeviceKind.Reference)]
    [InlineData(DeviceKind.Simd)]
    [InlineData(DeviceKind.IlgpuCpu)]
    [InlineData(DeviceKind.OpenCl)]
    [InlineData(DeviceKind.Cuda)]
    public void Sixty_four_values_share_a_power_of_two(DeviceKind kind)
    {
        using var device = RecordingTests.Open(kind);
        // Blocks of 64: zeros; the least scale; halves of it that are ties; the largest floats; a magnitude that would be rounded to 128; and seven values of a block.
        Shape shape = new(3, 1, 109);
        float least = MathF.ScaleB(1, -126), greatest = MathF.ScaleB(1, 127 - 6);
        float[] values = new float[shape.Count], expected = new float[shape.Count];
        void Put(int at, float value, float rounded) => (values[at], expected[at]) = (value, rounded);
        Put(64, 3 * least, 3 * least);
        Put(65, -127 * least, -127 * least);
        Put(128, 100, 100);
        Put(129, 2.5f, 2);
        Put(130, -3.5f, -4);
        Put(131, 0.5f, 0);
        Put(132, 99.51f, 100);
        Put(192, float.MaxValue, 127 * greatest);
        Put(193, -float.MaxValue, -127 * greatest);
        Put(194, 5.4f * greatest, 5 * greatest);
        Put(256, 0.1f, MathF.Round(0.1f * 1024) / 1024);
        Put(260, -0.123f, MathF.Round(-0.123f * 1024) / 1024);
        Put(319, 0.1249f, 127f / 1024);
        Put(326, -6e-3f, MathF.Round(-6e-3f * 8192) / 8192);
        Put(320, 0.0149f, MathF.Round(0.0149f * 8192) / 8192);

        using Tensor picture = device.Allocate(shape, values), packed = device.AllocatePacked(shape), back = device.Allocate(shape);
        device.Vectors.Pack(picture, packed);
        device.Vectors.Combine([packed], [1], back);
        Assert.Equal(expected, device.Download(back));
        foreach (var tensor in new[] { packed, back }) Assert.True(device.GuardsIntact(tensor));
    }
}
