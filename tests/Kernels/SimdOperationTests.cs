using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>The SIMD engine with the widest vectors of this machine.</summary>
public sealed class SimdOperationTests() : OperationTests(() => new SimdDevice(), "", WinogradTolerance)
{
    /// <summary>Twice the catalogue's for convolutions: F(6x6)'s transforms of 8x8 inputs lose two bits (seen: 1.2e-5).</summary>
    internal const double WinogradTolerance = 2e-5;

    [Fact]
    public void Tiny_cases_match_the_reference() => Check(OperationCatalogue.Tiny());

    [Fact]
    public void Awkward_cases_match_the_reference() => Check(OperationCatalogue.Awkward());

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        using var one = new SimdDevice(1);
        foreach (int threads in (int[])[2, 3, 64])
        {
            using var many = new SimdDevice(threads);
            foreach (var item in OperationCatalogue.Awkward())
                Assert.True(Results(item, one).AsSpan().SequenceEqual(Results(item, many)), $"{item.Name}: {threads} threads give other bits");
        }
    }

    static long[] Results(OperationCase item, Device device)
    {
        using var tensors = new CaseTensors(device);
        item.Prepare(tensors)();
        var values = tensors.Outputs.Values.SelectMany(t => device.Download(t)).Select(v => (long)BitConverter.SingleToInt32Bits(v));
        var sums = tensors.Sums.Values.SelectMany(s =>
        {
            var read = new double[s.Count];
            s.Read(read);
            return read;
        }).Select(BitConverter.DoubleToInt64Bits);
        return [.. values, .. sums];
    }
}

/// <summary>The same with direct convolutions.</summary>
public sealed class ExactSimdOperationTests() : OperationTests(() => new SimdDevice(0, exact: true), "")
{
    [Fact]
    public void Tiny_cases_match_the_reference() => Check(OperationCatalogue.Tiny());

    [Fact]
    public void Awkward_cases_match_the_reference() => Check(OperationCatalogue.Awkward());
}

/// <summary>The kernels for 256-bit vectors, with or without the registers for them.</summary>
[Trait("Takes", "long")]
public sealed class Simd256OperationTests() : OperationTests(() => new SimdDevice(2, false, 256), "", SimdOperationTests.WinogradTolerance)
{
    [Fact]
    public void Tiny_cases_match_the_reference() => Check(OperationCatalogue.Tiny());

    [Fact]
    public void Awkward_cases_match_the_reference() => Check(OperationCatalogue.Awkward());
}

/// <summary>The kernels for 128-bit vectors.</summary>
[Trait("Takes", "long")]
public sealed class Simd128OperationTests() : OperationTests(() => new SimdDevice(2, false, 128), "", SimdOperationTests.WinogradTolerance)
{
    [Fact]
    public void Tiny_cases_match_the_reference() => Check(OperationCatalogue.Tiny());

    [Fact]
    public void Awkward_cases_match_the_reference() => Check(OperationCatalogue.Awkward());
}
