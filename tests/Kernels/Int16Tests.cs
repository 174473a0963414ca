using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>Every operation where Winograd convolutions multiply 16-bit integers; the others are float32's.</summary>
public sealed class Int16OperationTests() : OperationTests(() => new SimdDevice(0, precision: Precision.Int16), "", Tolerance)
{
    /// <summary>
    /// Operands err by half of a 32767th of their largest, or by four times as much where weights share 32 bits, some 1e-4 of a value of usual size;
    /// transforms of 6x6 outputs make some 15 times that of it (seen: see docs/decisions/int16.md).
    /// </summary>
    internal const double Tolerance = 4e-3;

    [Fact]
    public void Tiny_cases_match_the_reference() => Check(OperationCatalogue.Tiny());

    [Fact]
    public void Awkward_cases_match_the_reference() => Check(OperationCatalogue.Awkward());
}

/// <summary>Convolutions of 16-bit integers on many blocks, at every width of vectors, and what they do with extreme values.</summary>
public sealed class Int16Tests
{
    /// <summary>The root mean square of errors against the direct convolution's, relative to that of its values: 1.4e-3 was seen (F(6x6)).</summary>
    const double RootMeanSquare = 2e-3;

    /// <summary>Inputs that are no whole parts of 64 among them.</summary>
    public static TheoryData<int, int, int, int> Shapes => new() { { 80, 48, 70, 131 }, { 48, 128, 65, 66 }, { 512, 512, 45, 47 } };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Many_blocks_agree_with_the_direct_convolution(int c, int k, int height, int width)
    {
        float[][]? narrowest = null;
        foreach (int bits in (int[])[128, 256, 512])
        {
            using SimdDevice direct = new(2, true, bits), one = new(1, false, bits, Precision.Int16), many = new(64, false, bits, Precision.Int16);
            var expected = WinogradTests.Outputs(direct, c, k, height, width);
            var actual = WinogradTests.Outputs(one, c, k, height, width);
            var shared = WinogradTests.Outputs(many, c, k, height, width);
            narrowest ??= actual;
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.InRange(Distance(expected[i], actual[i]), 1e-6, RootMeanSquare);
                // Integers are the same at any width, but for float32's roundings before and after.
                Assert.InRange(Distance(narrowest[i], actual[i]), 0, RootMeanSquare);
                Assert.True(actual[i].AsSpan().SequenceEqual(shared[i]), $"{bits} bits: 64 threads give other bits");
            }
        }
    }

    /// <summary>Sums of 64 products of the largest integers of one sign come as near to 32 bits as any can.</summary>
    [Fact]
    public void The_largest_sums_do_not_overflow()
    {
        const int Channels = 128, Side = 12;
        foreach (int bits in (int[])[128, 256, 512])
        {
            using SimdDevice direct = new(1, true, bits), device = new(1, false, bits, Precision.Int16);
            var kernel = Enumerable.Repeat(1f, 9 * Channels * Channels).ToArray();
            float[] Run(SimdDevice on)
            {
                using var filter = on.Convolution.Prepare(Channels, Channels, kernel, new float[Channels]);
                using var x = on.Allocate(new(Channels, Side, Side), Enumerable.Repeat(1f, Channels * Side * Side).ToArray());
                using var y = on.Allocate(new(Channels, Side, Side));
                on.Convolution.Forward(filter, x, y);
                return on.Download(y);
            }
            Assert.InRange(Distance(Run(direct), Run(device)), 0, RootMeanSquare);
        }
    }

    /// <summary>A run must notice what is not finite; it spoils its own tiles, not the others. Zeros and the tiniest numbers are no trouble.</summary>
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(1e-38f)]
    [InlineData(0f)]
    public void Extreme_values_are_noticed_or_harmless(float value)
    {
        const int Channels = 20, Side = 40;
        using var device = new SimdDevice(1, precision: Precision.Int16);
        using var filter = device.Convolution.Prepare(Channels, Channels, CaseTensors.Values("kernel", 9L * Channels * Channels, false), new float[Channels]);
        var values = new float[Channels * Side * Side];
        values[5 * Side + 5] = value;
        using var x = device.Allocate(new(Channels, Side, Side), values);
        using var y = device.Allocate(x.Shape);
        device.Convolution.Forward(filter, x, y);
        var outputs = device.Download(y);
        Assert.Equal(float.IsFinite(value), float.IsFinite(outputs[5 * Side + 5]));
        Assert.Equal(0, outputs[35 * Side + 35]);
        if (float.IsFinite(value)) Assert.All(outputs, v => Assert.InRange(v, 0, 1e-30f));
    }

    [Fact]
    public void It_is_the_cpu_s_and_never_exact()
    {
        Assert.Equal(Precision.Int16, new SimdDevice(1, precision: Precision.Int16).Precision);
        Assert.Contains("leave one of the two out", Assert.Throws<DeviceException>(() => Devices.Open("cpu", 1, exact: true, Precision.Int16)).Message, StringComparison.Ordinal);
        Assert.Contains("takes the cpu device", Assert.Throws<DeviceException>(() => Devices.Open("reference", 1, precision: Precision.Int16)).Message, StringComparison.Ordinal);
        using var device = Devices.Open("auto", 1, precision: Precision.Int16);
        Assert.Equal("cpu", device.Id);
    }

    static double Distance(float[] expected, float[] actual) =>
        Math.Sqrt(expected.Zip(actual).Sum(pair => Math.Pow(pair.First - (double)pair.Second, 2)) / expected.Sum(v => (double)v * v));
}
