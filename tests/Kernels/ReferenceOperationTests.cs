using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>The reference against itself: that the harness reads every output, and that each operation overwrites what it says.</summary>
public sealed class ReferenceOperationTests() : OperationTests(() => new ReferenceDevice(), "")
{
    [Fact]
    public void Every_tiny_case_is_finite_and_repeatable() => Check(OperationCatalogue.Tiny());
}
