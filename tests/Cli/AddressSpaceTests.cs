using GpuStyle.Imaging;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>A limit that the system sets on the process is known before anything is allocated, and kept.</summary>
[Trait("Needs", "processes")]
public sealed class AddressSpaceTests : CliTest
{
    /// <summary>
    /// With every limit the run ends well or with one line. The runtime itself takes a large part of the address space for its heap, and does
    /// not always start with less than 4 GB.
    /// </summary>
    [Fact]
    public void A_limit_on_the_address_space_is_kept()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ulimit -v is Linux's");
        PictureFile.Save(folder["content.png"], Patterns.Gradient(700, 500));
        string[] run = ["transfer", "content.png", "style.png", .. Options("--size", "700", "--scales", "1", "--iterations", "1", "--optimizer", "adam", "--quiet")];
        var ends = new List<string>();
        foreach (int megabytes in new[] { 4500, 5500, 7000, 24000 })
        {
            var (code, _, error) = Outcome.WithAddressSpace(megabytes, folder[""], run);
            string[] lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            ends.Add(code switch { 0 when lines.Length == 0 => "whole", 0 => "blocks", _ => "refused" });
            if (code == 0 && lines.Length > 0) Assert.Contains("in blocks of", Assert.Single(lines));
            else if (code != 0) Assert.Matches("^gpustyle: .*smaller", Assert.Single(lines));
        }
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", ends));
        Assert.Equal("whole", ends[^1]);
        Assert.NotEqual("whole", ends[0]);
    }
}
