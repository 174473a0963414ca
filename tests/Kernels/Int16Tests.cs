using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>Every operation where Winograd convolutions multiply 16-bit integers; the others are float32's.</summary>
public sealed class Int16OperationTests() : OperationTests(Int16Tests.Open, "", Tolerance)
{
    /// <summary>
    /// Operands err by half of a 32767th of their largest, or by up to 5.7 times as much where all are alike, some 1e-4 of a value of usual size; the way back from
    /// 6x6 outputs multiplies by up to 32 along each edge, so that a value in a tile's corner may err by forty times that. Seen: up to 3e-3.
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

    public Int16Tests() => SkipWithoutIntegers();

    internal static SimdDevice Open()
    {
        SkipWithoutIntegers();
        return new(0, precision: Precision.Int16);
    }

    internal static void SkipWithoutIntegers() => Assert.SkipUnless(SimdDevice.Multiplies(Precision.Int16), "This processor's vectors do not multiply pairs of 16-bit integers (x86's do).");

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
        const int Side = 12;
        // F(6x6) and F(4x4).
        foreach (int channels in (int[])[128, 272])
            foreach (int bits in (int[])[128, 256, 512])
            {
                using SimdDevice direct = new(1, true, bits), device = new(1, false, bits, Precision.Int16);
                float[] Run(SimdDevice on) => Forward(on, channels, Side, Enumerable.Repeat(1f, 9 * channels * channels), Enumerable.Repeat(1f, channels * Side * Side));
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
        const int Side = 40;
        foreach (int channels in (int[])[20, 272])
        {
            using var device = new SimdDevice(1, precision: Precision.Int16);
            var values = new float[channels * Side * Side];
            values[5 * Side + 5] = value;
            var outputs = Forward(device, channels, Side, CaseTensors.Values("kernel", 9L * channels * channels, false), values);
            Assert.Equal(float.IsFinite(value), float.IsFinite(outputs[5 * Side + 5]));
            Assert.Equal(0, outputs[35 * Side + 35]);
            if (float.IsFinite(value)) Assert.All(outputs, v => Assert.InRange(v, 0, 1e-30f));
        }
    }

    /// <summary>So are weights: what is not finite reaches every output, and sums of tiny ones do not overflow.</summary>
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(1e-24f)]
    [InlineData(-1e-24f)]
    [InlineData(0f)]
    public void Extreme_weights_are_noticed_or_harmless(float value)
    {
        const int Channels = 64, Side = 12;
        using var device = new SimdDevice(1, precision: Precision.Int16);
        var outputs = Forward(device, Channels, Side, Enumerable.Repeat(value, 9 * Channels * Channels), Enumerable.Repeat(1f, Channels * Side * Side));
        Assert.All(outputs, v => Assert.Equal(float.IsFinite(value), float.IsFinite(v)));
        if (float.IsFinite(value)) Assert.All(outputs, v => Assert.InRange(v, 0, Math.Max(0, 9 * Channels * value)));
    }

    [Fact]
    public void It_is_the_cpu_s_and_never_exact()
    {
        Assert.Throws<ArgumentException>(() => Devices.Open("cpu", 1, exact: true, Precision.Int16));
        Assert.Contains("takes the cpu device", Assert.Throws<DeviceException>(() => Devices.Open("reference", 1, precision: Precision.Int16)).Message, StringComparison.Ordinal);
        using var device = Devices.Open("auto", 1, precision: Precision.Int16);
        Assert.Equal(("cpu", Precision.Int16), (device.Id, device.Precision));
    }

    static float[] Forward(SimdDevice device, int channels, int side, IEnumerable<float> kernel, IEnumerable<float> input)
    {
        using var filter = device.Convolution.Prepare(channels, channels, kernel.ToArray(), new float[channels]);
        using var x = device.Allocate(new(channels, side, side), input.ToArray());
        using var y = device.Allocate(x.Shape);
        device.Convolution.Forward(filter, x, y);
        return device.Download(y);
    }

    static double Distance(float[] expected, float[] actual) =>
        Math.Sqrt(expected.Zip(actual).Sum(pair => Math.Pow(pair.First - (double)pair.Second, 2)) / expected.Sum(v => (double)v * v));
}
