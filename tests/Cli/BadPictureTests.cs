using GpuStyle.Imaging;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>Pictures that cannot be used: one line, exit code 1, the folder as it was.</summary>
[Trait("Needs", "processes")]
public sealed class BadPictureTests : CliTest
{
    [Theory]
    [InlineData("transfer", "missing.png", "style.png")]
    [InlineData("transfer", "content.png", "missing.png")]
    [InlineData("texture", "missing.png")]
    [InlineData("reconstruct", "missing.png")]
    public void Missing(string command, params string[] files) =>
        Refused([command, .. files, "-o", "out.png", "--device", "cpu", "--weights", TestWeights.Shallow], "missing.png", "no such file", "check the name");

    [Fact]
    public void A_text_by_the_name_of_a_picture()
    {
        File.WriteAllText(folder["content.png"], "Dear reader,\n");
        TransferRefused([], "content.png", "no picture", "use PNG");
    }

    [Fact]
    public void A_folder()
    {
        Directory.CreateDirectory(folder["album"]);
        Refused(["transfer", "album", "style.png", .. Options()], "album", "folder", "name a picture file");
    }

    [Fact]
    public void A_truncated_jpeg()
    {
        PictureFile.Save(folder["whole.jpg"], Patterns.Fill(200, 150, (x, y) => (x * y * 7919 % 256, x * x * 31 % 256, y * 17 % 256)));
        byte[] whole = File.ReadAllBytes(folder["whole.jpg"]);
        folder.Holding("cut.jpg", whole[..(whole.Length / 2)]);
        Refused(["transfer", "cut.jpg", "style.png", .. Options()], "cut.jpg", "cut short", "copy or download it again");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(15, 400)]
    public void Too_small(int width, int height)
    {
        PictureFile.Save(folder["small.png"], Patterns.Gradient(width, height));
        Refused(["transfer", "small.png", "style.png", .. Options()], "small.png", $"{width}x{height}", "at least 16 px");
        Refused(["transfer", "content.png", "small.png", .. Options()], "small.png", $"{width}x{height}", "at least 16 px");
    }

    [Fact]
    public void A_header_that_claims_too_much()
    {
        folder.Holding("bomb.png", ReadFailureTests.PngClaiming(100_000, 100_000));
        Refused(["transfer", "bomb.png", "style.png", .. Options()], "bomb.png", "100000 x 100000", "limit of 4294.84 megapixels");
    }

    [Theory]
    [InlineData("--size", "20")]
    [InlineData("--style-size", "15")]
    public void Made_too_small(string option, string size)
    {
        PictureFile.Save(folder["style.png"], Patterns.Gradient(60, 30));
        TransferRefused([option, size], $"{option} {size}", $"use a larger {option}");
    }

    [Fact]
    public void Made_too_large() => TransferRefused(["--size", "90000"], "content.png", "90000", "choose a smaller size");

    [Theory]
    [InlineData("missing.png")]
    [InlineData("contnet")]
    public void No_picture_to_start_from(string init) => TransferRefused(["--init", init], $"--init '{init}'", "no such file", "check the name");

    [Fact]
    public void Halves_have_no_other_half_to_start_from()
    {
        Refused(["texture", "style.png", .. Options("--init", "content")], "--init 'content'", "use noise or a file");
        Refused(["reconstruct", "content.png", .. Options("--init", "style")], "--init 'style'", "use noise or a file");
    }
}
