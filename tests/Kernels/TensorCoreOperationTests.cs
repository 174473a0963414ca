using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// Convolutions and Gram products by the kernels for tensor cores, with the cores emulated on the first OpenCL device: all their
/// indexing, the layout of fragments as the PTX manual gives it, and the rounding of operands are checked without a GPU.
/// </summary>
public abstract class TensorCoreOperationTests(Precision precision) : OperationTests(() => Open(precision), OpenClOperationTests.Absent, Tolerance)
{
    /// <summary>
    /// TF32 and half precision both round operands to 11 bits, by up to 2^-11 = 4.9e-4 each. In a sum of n products of either sign
    /// the errors add up to sqrt(n) 2.8e-4 of a product (2^-11 / sqrt 3, twice), while the largest of many such sums is three to four times sqrt(n) of
    /// one: 1e-4 of it, and four times that for the worst of ten thousand (seen: 3.4e-4). Sums of equal signs fare better. Twice that is allowed.
    /// </summary>
    internal const double Tolerance = 1e-3;

    [Fact]
    public void Every_awkward_case_is_right() => Check(Cases());

    [Theory]
    [InlineData(PoolingKind.Average)]
    [InlineData(PoolingKind.Max)]
    public void Pooling_within_a_convolution_gives_the_bits_that_it_gives_apart(PoolingKind kind)
    {
        using var device = Open(precision);
        Assert.SkipWhen(device is null, OpenClOperationTests.Absent);
        using var filter = device.Convolution.Prepare(70, 20, CaseTensors.Values("kernel", 9 * 70 * 20, relu: false), CaseTensors.Values("bias", 70, relu: false));
        Shape map = new(70, 19, 37), part = new(70, 7, 15);
        using Tensor x = device.Allocate(new(20, 19, 37), CaseTensors.Values("x", 20 * 19 * 37, relu: true)), y = device.Allocate(map);
        using Tensor within = device.Allocate(part), apart = device.Allocate(part);
        device.Convolution.Forward(filter, x, y, new PooledMap(kind, within, new(1, 2)));
        device.Pooling.Forward(kind, y, apart, new(1, 2));
        Assert.Equal(device.Download(apart), device.Download(within));
        Assert.Contains(device.Download(within), v => v > 0);
    }

    /// <summary>A NaN as NVIDIA's GPUs make them, whose bits a carry runs through.</summary>
    static readonly float NaN = BitConverter.UInt32BitsToSingle(0x7fffffff);

    /// <summary>A NaN is one in every sum that it takes part in.</summary>
    internal static void CheckThatNaNsSpread(Device device)
    {
        CheckThatNaNsSpreadInConvolutions(device);
        CheckThatNaNsSpreadInGramMatrices(device);
    }

    static void CheckThatNaNsSpreadInConvolutions(Device device)
    {
        Shape shape = new(16, 9, 18);
        using var filter = device.Convolution.Prepare(16, 16, CaseTensors.Values("kernel", 9 * 16 * 16, relu: false), CaseTensors.Values("bias", 16, relu: false));
        float[] values = CaseTensors.Values("gradient", (int)shape.Count, relu: false);
        values[3 * 9 * 18 + 4 * 18 + 5] = NaN;
        using Tensor gradient = device.Allocate(shape, values), result = device.Allocate(shape);
        device.Convolution.Gradient(filter, gradient, result, null, accumulate: false);
        float[] found = device.Download(result);
        for (int i = 0; i < found.Length; i++) Assert.Equal(Math.Abs(i / 18 % 9 - 4) <= 1 && Math.Abs(i % 18 - 5) <= 1, float.IsNaN(found[i]));
    }

    /// <summary>Either sign, in two tiles of a matrix.</summary>
    static void CheckThatNaNsSpreadInGramMatrices(Device device)
    {
        const int channels = 70, positions = 45;
        float[] values = CaseTensors.Values("features", channels * positions, relu: false);
        (values[3 * positions + 7], values[66 * positions + 40]) = (NaN, -NaN);
        using Tensor features = device.Allocate(new(channels, 5, 9), values), gram = device.Allocate(new(1, channels, channels));
        device.Gram.Accumulate(features, Region.All(features.Shape), gram);
        float[] found = device.Download(gram);
        for (int i = 0; i < found.Length; i++) Assert.Equal(i / channels is 3 or 66 || i % channels is 3 or 66, float.IsNaN(found[i]));

        float[] matrix = new float[channels * channels];
        (matrix[5 * channels + 68], matrix[68 * channels + 5]) = (NaN, NaN);
        using Tensor d = device.Allocate(gram.Shape, matrix), gradient = device.Allocate(features.Shape);
        device.Gram.Gradient(features, Region.All(features.Shape), d, gradient, accumulate: false);
        found = device.Download(gradient);
        for (int i = 0; i < found.Length; i++) Assert.Equal(i / positions is 5 or 68 || i % positions is 7 or 40, float.IsNaN(found[i]));
    }

    /// <summary>The products, with one picture that is large enough for groups of 128 channels.</summary>
    internal static IEnumerable<OperationCase> Cases() =>
        OperationCatalogue.Awkward().Concat(OperationCatalogue.Convolution(128, 128, 39, 61))
            .Where(c => c.Name.StartsWith("Convolution", StringComparison.Ordinal) || c.Name.StartsWith("Gram", StringComparison.Ordinal));

    /// <summary>The first usable OpenCL device with emulated tensor cores, or null.</summary>
    internal static IlgpuDevice? Open(Precision precision)
    {
        int index = IlgpuAccelerators.OpenCl().ToList().FindIndex(d => IlgpuAccelerators.Refusal(d) is null);
        if (index < 0) return null;
        var device = IlgpuAccelerators.OpenOpenCl(index, forGpu: true, precision);
        device.Multiprocessors = Multiprocessors;
        return device;
    }

    /// <summary>
    /// Whatever the device: the largest case has two groups of 128 channels for each multiprocessor, the others one at most, so that both kernels
    /// are taken.
    /// </summary>
    internal const int Multiprocessors = 10;
}

/// <summary>Operands in TF32.</summary>
[Trait("Needs", "OpenCL")]
[Collection("OpenCL")]
public sealed class Tf32OperationTests() : TensorCoreOperationTests(Precision.Tf32)
{
    [Fact]
    public void NaNs_spread()
    {
        using var device = Open(Precision.Tf32);
        Assert.SkipWhen(device is null, OpenClOperationTests.Absent);
        CheckThatNaNsSpread(device);
    }
}

/// <summary>Operands in half precision.</summary>
[Trait("Needs", "OpenCL")]
[Collection("OpenCL")]
public sealed class Fp16OperationTests() : TensorCoreOperationTests(Precision.Fp16);
