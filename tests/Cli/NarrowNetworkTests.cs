using GpuStyle.Tests.Network;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.Cli;

/// <summary>A run, a plan and the schedule of an evaluation with a network that is narrower than VGG-19.</summary>
[Trait("Needs", "processes")]
public sealed class NarrowNetworkTests : CliTest
{
    [Fact]
    public void A_narrower_network_is_run_at_its_own_cost()
    {
        WeightFile.Save(folder["narrow.safetensors"], WidthTests.Weights());
        string[] own = ["--weights", "narrow.safetensors", "--style-layers", "relu1_1,relu3_1,relu5_1"];
        var run = Transfer(own);
        Assert.Equal(0, run.Code);
        Assert.True(File.Exists(folder["out.png"]));
        var plan = Run(["plan", "content.png", "style.png", .. Options(own), "--steps"]);
        Assert.Equal(0, plan.Code);
        // VGG-19 has 450 MB.
        Assert.Matches(@"weights \d MB", plan.Output);
        Assert.Contains("conv5_1 backward: gradient relu5_1 -> pooled relu4_4", plan.Output);
        Assert.Contains("an evaluation of 48x36 in 1 block:", plan.Output);
    }
}
