using GpuStyle.Imaging;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>What cannot be seen of a picture or a mask counts for nothing, and what has no style keeps its pixels.</summary>
[Trait("Needs", "processes")]
public sealed class TransparencyTests : CliTest
{
    /// <summary>A picture whose right part is transparent, with any color there.</summary>
    Picture CutOut(string name, int side, float hidden)
    {
        var picture = Patterns.Fill(side, side, (x, y) => ((x ^ y) * 6 % 256, x * y % 256, 40));
        float[] alpha = [.. Enumerable.Range(0, side * side).Select(i => i % side < side / 2 ? 1f : 0)], rgb = [.. picture.Rgb.Select((v, i) => alpha[i % (side * side)] > 0 ? v : hidden)];
        picture = picture with { Rgb = rgb, Alpha = alpha };
        PictureFile.Save(folder[name], picture);
        return picture;
    }

    /// <summary>At its own size, where hidden colors are still there, and resized, where none is left.</summary>
    [Theory]
    [InlineData("0")]
    [InlineData("36")]
    public void A_styles_hidden_colors_do_not_count(string styleSize)
    {
        CutOut("green.png", 40, 255);
        CutOut("black.png", 40, 0);
        foreach (string style in new[] { "green", "black" }) Run(["transfer", "content.png", $"{style}.png", .. Options("--style-size", styleSize, "-o", $"{style}-out.png")]).Line();
        Assert.Equal(PictureFile.Load(folder["green-out.png"]).Rgb, PictureFile.Load(folder["black-out.png"]).Rgb);
        Assert.NotEqual(PictureFile.Load(folder["content.png"], new() { Size = 48 }).Rgb, PictureFile.Load(folder["green-out.png"]).Rgb);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("32")]
    public void A_contents_hidden_colors_do_not_count_and_nothing_is_painted_there(string size)
    {
        CutOut("red.png", 40, 255);
        CutOut("black.png", 40, 0);
        foreach (string content in new[] { "red", "black" }) Run(["transfer", $"{content}.png", "style.png", .. Options("--size", size, "-o", $"{content}-out.png", "--bits", "16")]).Line();
        Picture first = PictureFile.Load(folder["red-out.png"]), second = PictureFile.Load(folder["black-out.png"]);
        Assert.Equal(first.Rgb, second.Rgb);
        Assert.Equal(first.Alpha, second.Alpha);
        int[] hidden = [.. Enumerable.Range(0, first.Pixels).Where(i => first.Alpha![i] == 0)];
        Assert.NotEmpty(hidden);
        Assert.Single(hidden.Select(i => (first.Rgb[i], first.Rgb[i + first.Pixels], first.Rgb[i + 2 * first.Pixels])).Distinct());
    }

    [Fact]
    public void What_is_wholly_or_nearly_transparent_is_said()
    {
        var picture = Patterns.Gradient(48, 36);
        PictureFile.Save(folder["none.png"], picture with { Alpha = new float[48 * 36] });
        PictureFile.Save(folder["corner.png"], picture with { Alpha = [.. Enumerable.Range(0, 48 * 36).Select(i => i % 48 < 8 && i < 48 * 8 ? 1f : 0)] });
        Refused(["transfer", "none.png", "style.png", .. Options()], "none.png: all of it is transparent");
        Refused(["transfer", "content.png", "none.png", .. Options()], "none.png: all of it is transparent");
        var outcome = Run(["transfer", "corner.png", "style.png", .. Options()]);
        Assert.Equal(0, outcome.Code);
        Assert.Equal("corner.png: 96 % of it is transparent and stays so; what can be seen is painted.", Assert.Single(outcome.ErrorLines));
    }

    /// <summary>A mask painted on a transparent layer: white where something is, and white too where nothing can be seen.</summary>
    [Fact]
    public void A_mask_on_a_transparent_layer_is_where_it_can_be_seen()
    {
        float[] left = [.. Enumerable.Range(0, 48 * 36).Select(i => i % 48 < 24 ? 1f : 0)];
        PictureFile.Save(folder["layer.png"], Patterns.Fill(48, 36, (_, _) => (255, 255, 255)) with { Alpha = left });
        PictureFile.Save(folder["flat.png"], Patterns.Fill(48, 36, (x, _) => x < 24 ? (255, 255, 255) : (0, 0, 0)));
        foreach (string mask in new[] { "layer", "flat" }) Transfer("--content-mask", $"{mask}.png", "-o", $"{mask}-out.png").Line();
        Assert.Equal(PictureFile.Load(folder["flat-out.png"]).Rgb, PictureFile.Load(folder["layer-out.png"]).Rgb);
        AssertKept("layer-out.png", x => x >= 24);
    }

    /// <summary>Two soft masks that leave nothing uncovered keep nothing of the content; a single one keeps what it leaves.</summary>
    [Fact]
    public void Where_soft_masks_meet_no_pixels_are_kept()
    {
        PictureFile.Save(folder["a.png"], Patterns.Fill(48, 36, (_, _) => (128, 128, 128)));
        PictureFile.Save(folder["b.png"], Patterns.Fill(48, 36, (_, _) => (127, 127, 127)));
        PictureFile.Save(folder["white.png"], Patterns.Fill(48, 36, (_, _) => (255, 255, 255)));
        string[] flat = ["--init", "noise", "--content-weight", "0", "--iterations", "4"];
        Run(["transfer", "content.png", "style.png", "style.png", .. Options([.. flat, "--content-mask", "a.png", "--content-mask", "b.png", "-o", "two.png"])]).Line();
        Transfer([.. flat, "--content-mask", "a.png", "-o", "half.png"]).Line();
        Transfer([.. flat, "--content-mask", "white.png", "-o", "one.png"]).Line();
        Picture content = PictureFile.Load(folder["content.png"], new() { Size = 48 });
        double[] far = [.. new[] { "two", "one", "half" }.Select(n => content.Rgb.Zip(PictureFile.Load(folder[$"{n}.png"]).Rgb, (x, y) => Math.Abs(x - y)).Average())];
        Assert.InRange(far[0] / far[1], 0.8, 1.25);
        Assert.InRange(far[2] / far[1], 0, 0.7);
    }

    /// <summary>A mask of zeros and ones, as annotation programs write it, is black and white.</summary>
    [Fact]
    public void A_label_map_of_one_region()
    {
        PictureFile.Save(folder["labels.png"], Patterns.Fill(48, 36, (x, _) => x < 24 ? (1, 1, 1) : (0, 0, 0)));
        var outcome = Transfer("--content-mask", "labels.png");
        Assert.Equal(0, outcome.Code);
        Assert.Equal("labels.png: grey level 1, the highest, is taken for white.", Assert.Single(outcome.ErrorLines));
        AssertKept("out.png", x => x >= 24);
        TransferRefused(["--content-mask", "labels.png", "--mask-kind", "grey"], "--content-mask: Region 1 is too small");
    }

    [Fact]
    public void A_label_map_of_several_regions()
    {
        PictureFile.Save(folder["labels.png"], Patterns.Fill(48, 36, (x, _) => x < 16 ? (1, 1, 1) : x < 32 ? (2, 2, 2) : (0, 0, 0)));
        PictureFile.Save(folder["two.png"], Patterns.Gradient(40, 40));
        var outcome = Run(["transfer", "content.png", "style.png", "two.png", .. Options("--content-mask", "labels.png")]);
        Assert.Equal(0, outcome.Code);
        Assert.Equal(["Region 1 (label 1), 33 % of the picture: style.png.", "Region 2 (label 2), 33 % of the picture: two.png.", "Label 0, 33 % of the picture, is the background: no style goes there."], outcome.ErrorLines);
        AssertKept("out.png", x => x >= 32);
        // As many styles as labels: label 0 is one of them.
        outcome = Run(["transfer", "content.png", "style.png", "two.png", "style.png", .. Options("--content-mask", "labels.png")]);
        Assert.Equal(["Region 1 (label 0)", "Region 2 (label 1)", "Region 3 (label 2)"], outcome.ErrorLines.Select(l => l.Split(',')[0]));
        Refused(["transfer", "content.png", "style.png", "two.png", "style.png", "two.png", .. Options("--content-mask", "labels.png")], "2 regions (label 1, label 2) for 4 styles");
    }

    [Fact]
    public void Grey_pictures_stay_grey_unless_colors_are_spoken_of()
    {
        foreach (string name in new[] { "content", "style" })
        {
            var picture = PictureFile.Load(folder[$"{name}.png"]);
            PictureFile.Save(folder[$"{name}.png"], picture with { Rgb = [.. picture.Rgb.Select((_, i) => picture.Rgb[i % picture.Pixels])] });
        }
        Transfer("--iterations", "4").Line();
        Assert.True(IsGrey("out.png"));
        Run(["replay", "out.png", "-o", "again.png"]).Line();
        Assert.Equal(PictureFile.Load(folder["out.png"]).Rgb, PictureFile.Load(folder["again.png"]).Rgb);
        Transfer("--iterations", "4", "--color", "none").Line();
        Assert.False(IsGrey("out.png"));
    }

    [Fact]
    public void A_folder_of_styles_is_what_can_be_read_in_it()
    {
        Directory.CreateDirectory(folder["styles"]);
        PictureFile.Save(folder["styles/a.jpg"], Patterns.Gradient(40, 40));
        File.Move(folder["styles/a.jpg"], folder["styles/a.jfif"]);
        File.WriteAllText(folder["styles/._a.png"], "what another system keeps beside a file");
        File.WriteAllText(folder["styles/notes.txt"], "no picture");
        // One that would wait for ever for somebody to write into it.
        if (OperatingSystem.IsLinux()) Assert.Equal(0, Tool.Run("mkfifo", folder["styles/pipe.png"]).Code);
        Run(["transfer", "content.png", "styles", .. Options()]).Line();
        // Its header can be read, its end is missing.
        byte[] whole = File.ReadAllBytes(folder["style.png"]);
        File.WriteAllBytes(folder["styles/b.png"], whole[..(whole.Length / 2)]);
        var outcome = Run(["transfer", "content.png", "styles", .. Options("-o", "two.png")]);
        Assert.Equal(0, outcome.Code);
        Assert.Contains("styles/b.png", Assert.Single(outcome.ErrorLines));
        Assert.Equal(PictureFile.Load(folder["out.png"]).Rgb, PictureFile.Load(folder["two.png"]).Rgb);
        File.Delete(folder["styles/a.jfif"]);
        var none = Run(["transfer", "content.png", "styles", .. Options("-o", "three.png")]);
        Assert.Equal(1, none.Code);
        Assert.Contains("the folder 'styles' holds no picture", none.ErrorLines[^1]);
    }

    bool IsGrey(string name)
    {
        var picture = PictureFile.Load(folder[name]);
        return Enumerable.Range(0, picture.Pixels).All(i => picture.Rgb[i] == picture.Rgb[i + picture.Pixels] && picture.Rgb[i] == picture.Rgb[i + 2 * picture.Pixels]);
    }

    /// <summary>The columns keep the content's pixels, but for a grey level of rounding, and others do not.</summary>
    void AssertKept(string name, Func<int, bool> columns)
    {
        Picture content = PictureFile.Load(folder["content.png"], new() { Size = 48 }), result = PictureFile.Load(folder[name]);
        float[] moved = [.. content.Rgb.Zip(result.Rgb, (a, b) => Math.Abs(a - b))];
        Assert.All(Enumerable.Range(0, moved.Length).Where(i => columns(i % 48)), i => Assert.InRange(moved[i], 0, 0.51f));
        Assert.Contains(Enumerable.Range(0, moved.Length), i => !columns(i % 48) && moved[i] > 1);
    }
}
