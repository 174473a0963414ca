using GpuStyle.Cli.Running;
using GpuStyle.Imaging;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Commands;

/// <summary>What <c>evaluate --scores</c> prints: a picture against its photograph and its painting.</summary>
internal static class ScoreReport
{
    /// <summary>Pixels of a picture that is still scored: all of its places are compared with all of the painting's.</summary>
    const int MostPixels = 1 << 20;

    /// <summary>Computes and prints them.</summary>
    public static void Print(Workplace place, PictureInput picture, PictureInput content, PictureInput style, int blockSize, bool json)
    {
        if (Math.Max(picture.Width * (long)picture.Height, style.Width * (long)style.Height) > MostPixels)
            throw new UserErrorException("--scores compares all places with all, and takes pictures of up to a megapixel; use --size 1024 or less, and as much for --style-size.");
        if (place.BuiltIn) Terminal.Say("These are scores by the built-in network; VGG-19's are what others report.");
        var scores = new PictureJudge(place.Device, place.Weights, blockSize)
            .Score(picture.Source, content.Source, style.Source, place.Interrupt);
        FinestOctave Finest(PictureInput input) =>
            new(new Picture(input.Width, input.Height, input.Source.AtSize(input.Height, input.Width)));
        FinestOctave ofContent = Finest(content), ofStyle = Finest(style);
        var (flat, busy) = Finest(picture).Levels(ofContent);
        var (styleFlat, styleBusy) = ofStyle.Levels(ofStyle);
        if (json)
        {
            Console.WriteLine(Json.Line(new
            {
                scores.ContentFidelity,
                scores.GlobalEffects,
                scores.LocalPatterns,
                scores.Structure,
                scores.StyleDistance,
                scores.ContentDistance,
                scores.ToPainting,
                scores.FromPainting,
                finest = new { flat, busy, styleFlat, styleBusy },
            }));
            return;
        }
        Line("content fidelity", scores.ContentFidelity, "1: the photograph (StyleEval)");
        Line("structure", scores.Structure, "0: the photograph (CFSD)");
        Line("content distance", scores.ContentDistance, "0: the photograph (relu4_2)");
        Line("global effects", scores.GlobalEffects, "1: the painting (StyleEval)");
        Line("local patterns", scores.LocalPatterns, "1: every patch of the painting (StyleEval)");
        Line("style distance", scores.StyleDistance, "0: the painting (Gram matrices)");
        Line("to painting", scores.ToPainting, "0: every place is like one of the painting's");
        Line("from painting", scores.FromPainting, "0: every place of the painting is like one of the picture's");
        Line("finest, flat parts", flat, $"levels of 255; the painting's: {styleFlat:g3}");
        Line("finest, busy parts", busy, $"levels of 255; the painting's: {styleBusy:g3}");
    }

    static void Line(string name, double value, string meaning) => Console.WriteLine($"{name,-20}{value,-14:g6}{meaning}");
}
