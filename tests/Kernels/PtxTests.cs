using System.Text.RegularExpressions;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// What an NVIDIA driver would be given, looked at without one: every kernel compiles to PTX that calls nothing, spills nothing
/// into thread-local memory, and knows the address space of every load and store. Whether it computes what it should is for
/// the other tests to say.
/// </summary>
public sealed partial class PtxTests
{
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Kernels_compile_to_plain_PTX(string kernel)
    {
        string ptx = PtxKernels.Compile(kernel);
        Assert.Contains(".entry", ptx);
        Assert.DoesNotContain(".extern .func", ptx);
        Assert.DoesNotContain(".local", ptx);
        Assert.DoesNotMatch(Call(), ptx);
        Assert.DoesNotMatch(GenericAccess(), ptx);
    }

    public static IEnumerable<TheoryDataRow<string>> Kernels() => PtxKernels.All.Keys.Select(name => new TheoryDataRow<string>(name));

    [GeneratedRegex(@"\bcall(\.uni)?\b")]
    private static partial Regex Call();

    /// <summary>A load or store that names no address space.</summary>
    [GeneratedRegex(@"\b(ld|st)\.(v[24]\.)?[bfsu]\d+\s")]
    private static partial Regex GenericAccess();
}
