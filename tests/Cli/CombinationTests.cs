using System.Text.Json;
using GpuStyle.Imaging;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>Every pair of what a run can be given, each in some run: it ends with a picture that has come closer to what was asked for.</summary>
[Trait("Needs", "processes")]
public sealed class CombinationTests : CliTest
{
    /// <summary>
    /// Masks or not; one style or two; colours; losses; whole or in blocks; one size or two; optimisers; the precision of L-BFGS's history, which says nothing to Adam. Half precision,
    /// which takes an NVIDIA GPU, has its runs on emulated tensor cores (<see cref="Optimization.HalfPrecisionRunTests"/>).
    /// </summary>
    static readonly string[][] Choices =
    [
        ["-", "masks"], ["1", "2"], ["none", "luminance", "covariance"], ["gram", "wasserstein", "gram+moments"], ["-", "16"], ["1", "2"], ["lbfgs", "adam"], ["int8", "fp32"],
    ];

    public static TheoryData<string> Runs =>
    [
        "masks 2 luminance gram+moments 16 1 adam int8",
        "- 1 none gram+moments - 2 lbfgs fp32",
        "- 2 covariance wasserstein 16 2 lbfgs int8",
        "- 1 covariance gram 16 1 adam fp32",
        "masks 2 none gram - 1 lbfgs int8",
        "masks 1 luminance wasserstein - 2 adam fp32",
        "masks 1 none wasserstein 16 1 adam int8",
        "- 1 luminance gram - 2 lbfgs fp32",
        "masks 2 covariance gram+moments - 2 lbfgs fp32",
        "- 1 luminance gram+moments - 1 lbfgs int8",
        "masks 1 none wasserstein 16 1 lbfgs fp32",
    ];

    [Fact]
    public void Every_pair_is_run()
    {
        string[][] runs = [.. Runs.Select(r => r.Data.Split(' '))];
        for (int i = 0; i < Choices.Length; i++)
            for (int j = 0; j < i; j++)
                foreach (string a in Choices[i])
                    foreach (string b in Choices[j].Where(b => b != "adam" || i != 7)) Assert.Contains(runs, r => r[i] == a && r[j] == b && (i != 7 || r[6] == "lbfgs"));
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Gives_a_sensible_picture(string run)
    {
        PictureFile.Save(folder["content.png"], Patterns.Fill(48, 36, (x, y) => (140 + 30 * MathF.Sin(x * 0.2f), 120 + y, 100 - x * 0.5f)));
        PictureFile.Save(folder["two.png"], Patterns.Fill(36, 44, (x, y) => (40, x * 5, y * 5)));
        PictureFile.Save(folder["regions.png"], Patterns.Fill(48, 36, (x, _) => x < 24 ? (255, 0, 0) : (0, 0, 255)));
        string[] chosen = run.Split(' ');
        string[] masks = chosen[0] == "masks" ? ["--content-mask", "regions.png"] : [], second = chosen[1] == "2" ? ["two.png"] : [], blocks = chosen[4] == "-" ? [] : ["--block-size", chosen[4]];
        // Adam's first steps are as long as its rate, whatever the gradient: 10 levels lead past a goal that is near, and 6 steps of 1 lead a short way to one that is far.
        string[] rate = chosen[6] == "adam" ? ["--learning-rate", "1"] : [];
        var outcome = Run(["transfer", "content.png", "style.png", .. second, .. Options(["--iterations", "6", "--trace", "t.jsonl", .. masks, "--color", chosen[2], "--style-loss", chosen[3], .. blocks,
            "--scales", chosen[5], "--optimizer", chosen[6], .. rate, "--history-precision", chosen[7]])]);
        Assert.True(outcome.Code == 0, outcome.Error);
        foreach (var scale in File.ReadLines(folder["t.jsonl"]).Select(l => JsonDocument.Parse(l).RootElement).GroupBy(t => t.GetProperty("scale").GetInt32()))
        {
            double[] totals = [.. scale.Select(t => t.GetProperty("total").GetDouble())];
            TestContext.Current.TestOutputHelper?.WriteLine($"{run}: {totals[0]:g4} to {totals[^1]:g4}");
            Assert.All(totals, t => Assert.True(double.IsFinite(t)));
            Assert.True(totals[^1] < 0.95 * totals[0], $"at scale {scale.Key} the loss went from {totals[0]:g4} to {totals[^1]:g4}");
        }
        var picture = PictureFile.Load(folder["out.png"]);
        Assert.Equal((48, 36), (picture.Width, picture.Height));
        double mean = picture.Rgb.Average(), deviation = Math.Sqrt(picture.Rgb.Average(v => (v - mean) * (v - mean))), clamped = picture.Rgb.Average(v => v is 0 or 255 ? 1.0 : 0);
        TestContext.Current.TestOutputHelper?.WriteLine($"{run}: mean {mean:f0}, deviation {deviation:f0}, clamped {clamped:p1}");
        Assert.InRange(mean, 40, 215);
        Assert.InRange(deviation, 10, 90);
        Assert.InRange(clamped, 0, 0.2);
    }
}
