using System.CommandLine;
using GpuStyle.Imaging;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>
/// A transfer whose mistakes, as far as they are the command line's or the pictures', have been found: what it takes to run it.
/// </summary>
/// <param name="Options">What its command line was read by.</param>
/// <param name="Parsed">Its command line.</param>
/// <param name="Settings">As asked for.</param>
/// <param name="Size">Of the result.</param>
/// <param name="Content">The photograph, if there is one.</param>
/// <param name="Styles">The paintings.</param>
/// <param name="Init">The picture to start from, if one is named.</param>
/// <param name="Masks">Which style goes where.</param>
/// <param name="Colours">How the content's colours are kept.</param>
/// <param name="Sources">Content and styles in the colours that the run sees.</param>
/// <param name="HistogramsBetween">Whether each finer size begins with the paintings' histograms.</param>
internal sealed record TransferJob(RunOptions Options, ParseResult Parsed, TransferSettings Settings, (int Width, int Height) Size, PictureInput? Content, PictureInput[] Styles, PictureInput? Init, RunMasks Masks,
    ContentColours Colours, RunSources Sources, bool HistogramsBetween)
{
    /// <summary>Reads the pictures.</summary>
    /// <param name="options">The options.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="settings">What the options come to for these pictures.</param>
    /// <param name="content">The photograph's file, if there is one.</param>
    /// <param name="styles">The paintings' files.</param>
    /// <param name="target">The picture that will be written.</param>
    /// <param name="save">How; null: it is only a part of that picture.</param>
    /// <param name="intermediate">Whether pictures on the way are saved.</param>
    /// <param name="also">Options that name other files to write, and these.</param>
    /// <exception cref="UserErrorException">Something is wrong with them.</exception>
    public static TransferJob Load(RunOptions options, ParseResult parsed, TransferSettings settings, string? content, StyleFile[] styles, string target, SaveOptions? save, bool intermediate = false, params (string Option, string? File)[] also)
    {
        bool noContent = content is null || settings.Objective.ContentWeight == 0, noStyle = styles.Length == 0 || settings.Objective.StyleWeight == 0;
        if (noContent && noStyle)
            throw new UserErrorException($"{(content is null ? "--style-weight is" : styles.Length == 0 ? "--content-weight is" : "--content-weight and --style-weight are")} 0, so there is nothing to do; use a number above 0.");
        string?[] read = [content, .. styles.Select(s => s.Path), .. options.Read(parsed)];
        WrittenFiles.Check([("-o", target), .. also], read);
        if (save is not null) WrittenFiles.CheckBeside(target, intermediate, read, also);
        var colours = options.Colours.Find(parsed, content is not null, styles.Length > 0);
        var size = Pictures.Tiled(Pictures.Fitted(content ?? styles[0].Path, options.SizeOf(parsed)), settings);
        if (save is not null) OutputPicture.Check(target, size.Width, size.Height, save);
        if (options.Colours.NeedsWhole(parsed) is { } whole && 3L * size.Width * size.Height > Array.MaxLength)
            throw new UserErrorException($"{whole} holds the picture as a whole, and {size.Width}x{size.Height} is more than an array can hold; leave it out, or use a smaller {options.Size.Name}.");
        Pictures.CheckScales(size, settings);
        var masks = options.Inputs.Masks(options.Masks, parsed, (content ?? styles[0].Path, size.Width, size.Height), content is not null, styles);
        settings = options.ForStyles(parsed, settings, styles);
        bool between = options.Colours.Between(parsed, styles.Length > 0, masks.Guidance is not null);
        var photograph = content is null ? null : options.Inputs.Open(content, options.SizeOf(parsed));
        var paintings = options.LoadStyles(parsed, styles, size);
        var init = options.LoadInit(parsed);
        masks = options.Visible(masks, settings.Objective, size, photograph, paintings);
        settings = settings with { Gray = options.Colours.StaysGray(parsed, [photograph, init, .. paintings]) };
        var sources = options.Inputs.InColours(colours, photograph, paintings);
        return new(options, parsed, settings, size, photograph, paintings, init, masks, colours, sources, between);
    }

    /// <summary>The settings made to fit weights and memory; the weights normalised, if that is asked for.</summary>
    public TransferSettings Fit(Workplace place)
    {
        var settings = Options.Fitted(Parsed, place, Settings, Size, Styles.Select(p => (p.Width, p.Height)), Masks.Guidance);
        if (Parsed.GetValue(Options.Normalise)) place.Normalise(settings, Sources.Content is { } content ? [content, .. Sources.Styles] : Sources.Styles);
        return settings;
    }

    /// <summary>Runs it there.</summary>
    public TransferResult Run(Workplace place, TransferSettings settings, Action<Iterate> progress) => place.Transfer(settings, Settings, Parsed.GetValue(Options.MaxMemory)).Run(
        new(Size.Height, Size.Width, Sources.Content, Sources.Styles, Init?.In(Colours.OfContent()), Masks.Guidance, HistogramsBetween ? WithHistograms : null,
        Colours.OfContent() is null ? null : AsSaved), progress, place.Interrupt);

    /// <summary>What becomes of a picture that the run has made.</summary>
    public PictureRows Finished(PictureRows picture) => Content is null ? picture : Colours.Finished(picture, Content.Source.AtSize,
        () => [.. Styles.Zip(Settings.Objective.StyleShares(Styles.Length), (style, share) => (style.Source.AtSize(style.Height, style.Width), share))]);

    /// <summary>
    /// What a run that sees luminance alone sees of its result once that has the content's colors, of which a file may hold only a part.
    /// </summary>
    float[] AsSaved(float[] painted)
    {
        float[] saved;
        try
        {
            saved = Finished(PictureRows.Of(new(Size.Width, Size.Height, painted))).Whole().Rgb;
        }
        catch (PictureException)
        {
            return painted; // told when the result is to take the colors, and cannot
        }
        for (int i = 0; i < saved.Length; i++) saved[i] = Math.Clamp(saved[i], 0, 255);
        Colours.OfContent()!.Apply(saved, saved);
        return saved;
    }

    float[] WithHistograms(int height, int width, float[] rgb) => new Picture(width, height, rgb)
        .WithHistogramsOf(Styles.Zip(Sources.StyleMaps, (style, map) => style.Statistics(ColourSpace.Rgb, map)).Zip(Settings.Objective.StyleShares(Styles.Length))).Rgb;
}
