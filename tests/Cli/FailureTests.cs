using GpuStyle.Cli;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Cli;

/// <summary>Whose mistake it is that a command fails.</summary>
public sealed class FailureTests
{
    [Fact]
    public void What_was_asked_for_is_the_user_s() =>
        Assert.Equal((CommandTree.WrongInput, "use fewer scales"), Failures.Of(new RequestException("use fewer scales")));

    /// <summary>An argument that the program itself passes wrongly is the program's.</summary>
    [Fact]
    public void A_wrong_argument_within_the_engine_is_ours()
    {
        var failure = Failures.Of(new ArgumentException("3x4x5 does not fit 3x4x6", "to"))!.Value;
        Assert.Equal(CommandTree.Failed, failure.Code);
        Assert.StartsWith("a fault of this program", failure.Line);
        Assert.Contains("GPUSTYLE_DEBUG=1", failure.Line);
    }

    [Fact]
    public void Memory_and_cancellation_are_nobody_s()
    {
        Assert.Equal(CommandTree.Interrupted, Failures.Of(new OperationCanceledException())!.Value.Code);
        Assert.StartsWith("out of memory: it is full", Failures.Of(new InvalidOperationException("thread", new InsufficientMemoryException("it is full")))!.Value.Line);
    }
}
