using GpuStyle.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>Sheets: cells that are transfers, labels, and what is wrong with what is varied.</summary>
[Trait("Needs", "processes")]
public sealed class SheetTests : CliTest
{
    static string[] Sheet(params string[] more) => ["sheet", "content.png", "style.png", .. Options(more)];

    /// <summary>With labels of one line and sides of 48x36: margins as the sheet lays them out.</summary>
    static float[] CellOf(Picture sheet, int left, int top) => [.. from c in Enumerable.Range(0, 3) from y in Enumerable.Range(0, 36) from x in Enumerable.Range(0, 48) select sheet.Rgb[(c * sheet.Height + top + y) * sheet.Width + left + x]];

    [Fact]
    public void Cells_are_the_transfers_that_their_labels_say_and_the_sheet_can_be_made_again()
    {
        Assert.StartsWith("out.png: 4 pictures of 48x36, optimizer down, style-weight across", Run(Sheet("--vary", "optimizer=lbfgs,adam", "--vary", "style-weight=1,500")).Line());
        var sheet = PictureFile.Load(folder["out.png"]);
        int left = sheet.Width - 2 * (48 + 4), top = sheet.Height - 2 * (36 + 4);
        int cell = 0;
        foreach (string optimizer in new[] { "lbfgs", "adam" })
            foreach (string weight in new[] { "1", "500" })
            {
                Transfer("-o", "one.png", "--optimizer", optimizer, "--style-weight", weight).Line();
                Assert.Equal(PictureFile.Load(folder["one.png"]).Rgb, CellOf(sheet, left + cell % 2 * 52, top + cell / 2 * 40));
                cell++;
            }
        Run("replay", "out.png").Line();
        Assert.Equal(sheet.Rgb, PictureFile.Load(folder["out-again.png"]).Rgb);
    }

    [Fact]
    public void Weights_can_be_varied_and_layers_have_commas()
    {
        TestWeights.Write(folder["w.safetensors"], l => l with { Bias = [.. l.Bias.Select(b => b + 1)] });
        Run(Sheet("--vary", $"weights=w.safetensors,{TestWeights.Shallow}", "--vary", "style-layers=relu1_1;relu1_1,relu2_1")).Line();
        var sheet = PictureFile.Load(folder["out.png"]);
        int left = sheet.Width - 2 * 52, top = sheet.Height - 2 * 40;
        Assert.NotEqual(CellOf(sheet, left, top), CellOf(sheet, left, top + 40));
        Assert.NotEqual(CellOf(sheet, left, top), CellOf(sheet, left + 52, top));
        Run("replay", "out.png").Line();
        Assert.Equal(sheet.Rgb, PictureFile.Load(folder["out-again.png"]).Rgb);
    }

    [Fact]
    public void The_papers_figures_have_their_rows_and_columns()
    {
        string[] cheap = ["sheet", "content.png", "style.png", "-o", "out.png", "--size", "48", "--iterations", "1", "--device", "cpu", "--weights", TestWeights.Deep];
        Assert.Contains("20 pictures of 48x36, style-layers down, style-weight across", Run(cheap).Line());
        Assert.Contains("6 pictures of 48x36, init across", Run([.. cheap, "--vary", "init"]).Line());
        Assert.Contains("2 pictures of 48x36, content-layers across", Run([.. cheap, "--vary", "content-layer"]).Line());
        Assert.Equal(1, (int)System.Text.Json.Nodes.JsonNode.Parse(PictureFile.ReadSettings(folder["out.png"])!)!["options"]!["iterations"]!);
    }

    [Fact]
    public void An_interrupt_saves_the_pictures_that_are_there()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "signals are sent with kill");
        var outcome = Outcome.Of(folder[""], process =>
        {
            // The first picture would take hours; by now it has begun.
            Outcome.Await(process, () => process.TotalProcessorTime.TotalSeconds > 2.5);
            // A shell may have had its background jobs ignore INT.
            Outcome.Signal(process, "TERM");
        }, Sheet("--iterations", "100000", "--vary", "seed=1,2"));
        Assert.True(outcome.Code == 130, $"exit code {outcome.Code}: {outcome.Error}");
        Assert.StartsWith("out.png: 1 pictures", outcome.Output);
        Assert.EndsWith(", interrupted", outcome.Output.TrimEnd());
        var sheet = PictureFile.Load(folder["out.png"]);
        Assert.All(CellOf(sheet, sheet.Width - 52, sheet.Height - 40), v => Assert.Equal(232, v));
    }

    [Fact]
    public void Neither_its_own_pictures_nor_files_named_in_values_are_overwritten()
    {
        Refused(["sheet", "content.png", "style.png", "-o", "content.png", "--weights", "built-in"], "-o content.png would overwrite content.png");
        Refused(["sheet", "content.png", "style.png", "-o", "style.png", "--weights", "built-in"], "-o style.png would overwrite style.png");
        Refused(Sheet("--vary", "init=content,out.png"), "-o out.png would overwrite out.png");
    }

    /// <summary>The values among them; a record names files from its picture's folder, and knows when they have changed.</summary>
    [Fact]
    public void A_sheet_is_made_again_wherever_its_files_have_gone()
    {
        File.Copy(folder["style.png"], folder["start.png"]);
        File.Copy(TestWeights.Shallow, folder["w.safetensors"]);
        Run(Sheet("--vary", "init=content,start.png", "--weights", "w.safetensors")).Line();
        string[] names = ["content.png", "style.png", "start.png", "w.safetensors", "out.png"];
        Directory.CreateDirectory(folder["elsewhere"]);
        foreach (string name in names) File.Move(folder[name], folder["elsewhere/" + name]);
        Run("replay", "elsewhere/out.png").Line();
        Assert.Equal(PictureFile.Load(folder["elsewhere/out.png"]).Rgb, PictureFile.Load(folder["elsewhere/out-again.png"]).Rgb);
        File.Copy(folder["elsewhere/content.png"], folder["elsewhere/start.png"], overwrite: true);
        Assert.Contains("start.png has changed since", Run("replay", "elsewhere/out.png").Error);
        File.Delete(folder["elsewhere/start.png"]);
        Run("replay", "elsewhere/out.png").Refused("was made from elsewhere/start.png, which is not there");
    }

    [Fact]
    public void A_record_too_long_for_a_picture_is_refused_before_anything_is_painted()
    {
        string seeds = string.Join(',', Enumerable.Range(100_000_000, 6000));
        Refused(Sheet("--vary", $"seed={seeds}", "--size", "32"), "out.png");
    }

    [Fact]
    public void What_changes_nothing_in_any_cell_is_told()
    {
        Assert.Equal(["--seed changes nothing: the picture does not start as noise."], Run(Sheet("--vary", "seed=1,2")).ErrorLines);
        Run(Sheet("--vary", "init=content,noise", "--seed", "3")).Line();
    }

    [Fact]
    public void A_sheet_too_large_for_its_format_is_refused_before_it_is_painted() =>
        Refused([.. Sheet("--size", "4000", "--vary", "seed=1,2,3,4,5", "-o", "out.webp")], "out.webp", "16383");

    /// <summary>A value that only the memory refuses is found when its turn comes.</summary>
    [Fact]
    public void A_picture_that_cannot_be_painted_leaves_the_others()
    {
        var outcome = Run(Sheet("--iterations", "1", "--vary", "max-memory=4GB,1MB"));
        Assert.Equal(0, outcome.Code);
        Assert.StartsWith("out.png: 1 pictures", outcome.Output);
        Assert.Contains("Picture 2 of 2 is left out: --max-memory", outcome.Error);
    }

    [Theory]
    [InlineData("--vary glitter: there is no such option to vary", "glitter=1")]
    [InlineData("did you mean style-weight?", "style-wieght=1")]
    [InlineData("--vary seed: give its values", "seed")]
    [InlineData("--vary seed=: give its values", "seed=")]
    [InlineData("--style-weight 'x' is wrong", "style-weight=1,x")]
    [InlineData("--vary is given 3 times", "seed=1", "tv", "pooling")]
    [InlineData("--vary pooling is given twice", "pooling", "pooling")]
    [InlineData("cannot read 'none.png'", "style-weight=1,2", "content-mask=none.png")]
    public void What_cannot_be_varied(string message, params string[] varied) => Refused(Sheet([.. varied.SelectMany(v => new[] { "--vary", v })]), message);
}
