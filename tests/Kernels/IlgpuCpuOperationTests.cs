using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// The ILGPU engine on ILGPU's CPU accelerator, which checks every index against its view; it is slow, so one tiny shape for each
/// operation. Each thread of a group is one of the operating system's, and all wait for each other at every barrier: beside other tests
/// that takes four times as long.
/// </summary>
[Trait("Takes", "long")]
[Collection(Name)]
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class IlgpuCpuOperationTests() : OperationTests(() => Devices.Open("ilgpu-cpu"), "")
{
    const string Name = "ILGPU's CPU accelerator";

    /// <summary>A sixth of the time by itself, since it is larger than its kernels' groups; a smaller one runs here.</summary>
    const string Slowest = "Samples.CompareRelations 1x70x70";

    [Fact]
    public void Every_operation_is_right() => Check(OperationCatalogue.Tiniest().Where(c => !c.Name.StartsWith(Slowest,
        StringComparison.Ordinal)));
}
