using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;
using GpuStyle.Optimization;

namespace GpuStyle.Cli;

/// <summary>
/// Options on which style goes where. Masks are shades of grey, one file a region, or one picture with a colour for each region.
/// </summary>
internal sealed class MaskOptions
{
    public Option<string[]> Content { get; } = Files("--content-mask", "where a style goes in the result: grey (white: here), several times for several regions, or one picture with a colour for each region");
    public Option<string[]> Style { get; } = Files("--style-mask", "which part of a style picture counts: grey, or the content mask's colours; as many as regions, or as styles");
    public Option<string?> Kind { get; } = Values.Choice("--mask-kind", "whether masks are shades of grey or colours that name regions [default: auto, by whether they have colours]", "auto", "grey", "colours");
    public Option<string?> Keep { get; } = Values.Text("--mask-keep", "COLOUR", "the region of this colour keeps the content's pixels: a name such as black, or #rrggbb; with grey masks black: where all are black");
    public Option<string?> Carry { get; } = Values.Choice("--mask-carry", "how masks reach the layers: through the network by means; made smaller alone; or only positions that see nothing, or anything, of a region but it [default: average]", [.. Carries.Keys]);

    public Option<string?> Statistics { get; } = Values.Choice("--mask-statistics", "what regions are compared in: a Gram matrix, or what --style-loss says, for each; or one Gram matrix for all with each region's sums, which is cheaper and weaker [default: gram]", [.. Kinds.Keys]);

    static Dictionary<string, GuideStatistics> Kinds { get; } = new()
    {
        ["gram"] = GuideStatistics.Gram,
        ["sums"] = GuideStatistics.Sums,
    };

    static Dictionary<string, GuideCarry> Carries { get; } = new()
    {
        ["average"] = GuideCarry.Average,
        ["simple"] = GuideCarry.Simple,
        ["inside"] = GuideCarry.Inside,
        ["all"] = GuideCarry.All,
    };

    public void AddTo(Command command)
    {
        foreach (var option in All) command.Options.Add(option);
    }

    /// <summary>What a command line says of masks.</summary>
    public string WordsIn(ParseResult parsed) => string.Join('\n', All.Select(o => string.Join('\t', SettingsKeys.WordsOf(parsed, o) ?? [])));

    Option[] All => [Content, Style, Kind, Keep, Carry, Statistics];

    /// <summary>Every mask's file.</summary>
    public IEnumerable<string> Read(ParseResult parsed) => [.. parsed.GetValue(Content) ?? [], .. parsed.GetValue(Style) ?? []];

    /// <summary>The settings with what the command line overrides.</summary>
    public ObjectiveSettings Apply(ParseResult parsed, ObjectiveSettings settings)
    {
        settings = settings with
        {
            GuideCarry = parsed.GetValue(Carry) is { } carry ? Carries[carry] : settings.GuideCarry,
            GuideStatistics = parsed.GetValue(Statistics) is { } statistics ? Kinds[statistics] : settings.GuideStatistics,
        };
        if (settings.GuideStatistics != GuideStatistics.Sums) return settings;
        if (settings.StyleLoss != StyleLossKind.Gram) throw new UserErrorException($"{Statistics.Name} sums are sums beside Gram matrices; leave it out, or use --style-loss gram.");
        if (settings.StyleCombination != StyleCombination.Targets) throw new UserErrorException($"{Statistics.Name} sums are compared with styles combined as targets; leave it out, or use --style-combine targets.");
        return settings;
    }

    /// <summary>What the masks say, checked against the pictures they belong to.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="picture">The picture that gives the result its shape: its file and its size.</param>
    /// <param name="content">Whether there is a content picture to keep pixels of.</param>
    /// <param name="styles">The style pictures.</param>
    public RunMasks Find(ParseResult parsed, (string File, int Width, int Height) picture, bool content, IReadOnlyList<StyleFile> styles)
    {
        string[] contentFiles = parsed.GetValue(Content) ?? [], styleFiles = parsed.GetValue(Style) ?? [];
        if (contentFiles.Length + styleFiles.Length == 0)
        {
            foreach (var option in new Option[] { Keep, Carry, Kind, Statistics })
                if (parsed.GetResult(option) is not null) throw new UserErrorException($"{option.Name} says nothing without {Content.Name} or {Style.Name}; give a mask.");
            return new(null, []);
        }
        if (styles.Count == 0) throw new UserErrorException($"{(contentFiles.Length > 0 ? Content : Style).Name}: a mask says where a style goes, and there is none; leave it out.");
        if (contentFiles.Length == 0 && parsed.GetValue(Statistics) == "sums") throw new UserErrorException($"{Statistics.Name} sums are of regions of the result; give {Content.Name}, or leave it out.");
        var masks = contentFiles.Select(f => Load(Content.Name, f, picture.File, picture.Width, picture.Height)).ToList();
        if (styleFiles.Length > 0 && styleFiles.Length != styles.Count && (styles.Count != 1 || styleFiles.Length != contentFiles.Length))
            throw new UserErrorException($"{Style.Name} is given {StyleOptions.Count(styleFiles.Length, "time")} for {StyleOptions.Count(styles.Count, "style")}{(contentFiles.Length == 0 ? "" : $" and {StyleOptions.Count(contentFiles.Length, "content mask")}")}; give one for each style{(styles.Count == 1 ? ", or one for each content mask" : "")}.");
        var ofStyles = styleFiles.Select((f, i) =>
        {
            string style = styles[styles.Count == 1 ? 0 : i].Path;
            var (width, height) = PictureFile.ReadSize(style);
            return Load(Style.Name, f, style, width, height);
        }).ToList();
        string? kind = parsed.GetValue(Kind) is "auto" ? null : parsed.GetValue(Kind);
        MaskPicture[] all = [.. masks, .. ofStyles];
        bool labels = kind is null && all.Any(m => m.Labels.Count > 0 && !m.IsBinary);
        bool colours = labels || (kind is null ? !all.All(m => m.IsGrey) : kind == "colours");
        if (labels && all.Any(m => m.Labels.Count == 0))
        {
            string FileOf(Predicate<MaskPicture> of) => contentFiles.Concat(styleFiles).ElementAt(Array.FindIndex(all, of));
            throw new UserErrorException($"{FileOf(m => m.Labels.Count > 0 && !m.IsBinary)} has numbers of regions for grey levels, and "
                + $"{FileOf(m => m.Labels.Count == 0)} has not; give masks of one kind, or say {Kind.Name} grey.");
        }
        MaskColour? keep = parsed.GetValue(Keep) is { } text ? MaskColour.Parse(text) ?? throw new UserErrorException($"{Keep.Name} '{text}' is no colour; use a name such as black or red, or #rrggbb.") : null;
        if (keep is not null && !content) throw new UserErrorException($"{Keep.Name}: there is no content picture whose pixels could be kept; leave it out.");
        if (keep is not null && masks.Count == 0) throw new UserErrorException($"{Keep.Name} says nothing without {Content.Name}; give one.");
        bool literally = kind == "grey";
        if (!colours)
        {
            RefuseBlack(Content, contentFiles, masks);
            RefuseBlack(Style, styleFiles, ofStyles);
        }
        var read = colours ? new ColourMasks(Content.Name, Style.Name, contentFiles, styleFiles, styles).Read(masks, ofStyles, keep)
            : new(GreyMasks(masks.ConvertAll(m => m.Soft(literally)), ofStyles.ConvertAll(m => m.Soft(literally)), styles, keep),
                [.. contentFiles.Concat(styleFiles).Zip(all).Where(m => m.Second.IsBinary && !literally)
                    .Select(m => $"{m.First}: grey level {m.Second.Labels[^1]}, the highest, is taken for white.")]);
        // Without a content picture no pixels can be kept.
        return content ? read : read with { Guidance = read.Guidance! with { Kept = null } };

        void RefuseBlack(Option option, string[] files, List<MaskPicture> grey)
        {
            if (grey.Count > 0 && grey.All(m => m.Soft(literally).Share == 0))
                throw new UserErrorException($"{option.Name} {string.Join(", ", files)}: black "
                    + $"{(grey.All(m => m.Opaque() is null) ? "all over" : "or transparent all over")}, and a style counts where a mask is white; paint a part of it white, or leave it out.");
        }
    }

    /// <summary>
    /// A region for each content mask; with one region, or none, all styles go there. Where all are black no style goes, and the
    /// content's pixels are kept.
    /// </summary>
    Guidance GreyMasks(List<MaskPlane> masks, List<MaskPlane> ofStyles, IReadOnlyList<StyleFile> styles, MaskColour? keep)
    {
        if (keep is { } colour && colour != new MaskColour(0, 0, 0)) throw new UserErrorException($"{Keep.Name} '{colour}': grey masks can keep what is black in all of them alone; use black.");
        if (masks.Count > 1 && styles.Count > 1 && masks.Count != styles.Count)
            throw new UserErrorException($"{Content.Name} is given {masks.Count} times for {styles.Count} styles; give one for each style, or one style.");
        MaskSource? OfStyle(int i) => ofStyles.Count == 0 ? null : Source(ofStyles[i]);
        var kept = masks.Count == 0 ? null : Uncovered(masks);
        if (masks.Count <= 1)
        {
            RegionStyle[] all = [.. styles.Select((s, i) => new RegionStyle(i, s.Weight, OfStyle(i)))];
            return new([new("Region 1", masks.Count == 0 ? null : Source(masks[0]), all)], kept);
        }
        double mean = styles.Average(s => s.Weight);
        return new([.. masks.Select((m, i) => styles.Count == 1
            ? new StyleRegion($"Region {i + 1}", Source(m), [new(0, 1, OfStyle(i))])
            : new StyleRegion($"Region {i + 1}", Source(m), [new(i, 1, OfStyle(i))], styles[i].Weight / mean))], kept);
    }

    /// <summary>What masks leave of each place, together.</summary>
    public static MaskSource Uncovered(IReadOnlyList<MaskPlane> masks) => new((height, width) =>
    {
        var rest = new float[height * width];
        Array.Fill(rest, 1);
        foreach (var mask in masks.Select(m => m.AtSize(height, width)))
            for (int i = 0; i < rest.Length; i++) rest[i] = Math.Max(0, rest[i] - mask[i]);
        return rest;
    });

    /// <summary>The sum of masks of which at most one counts at each place.</summary>
    public static MaskSource Sum(IReadOnlyList<MaskPlane> planes) =>
        new((height, width) => planes.Select(p => p.AtSize(height, width))
            .Aggregate((a, b) => [.. a.Zip(b, (x, y) => Math.Min(1, x + y))]));

    /// <summary>A mask as an objective wants it.</summary>
    public static MaskSource Source(MaskPlane plane) => new(plane.AtSize);

    static MaskPicture Load(string option, string file, string picture, int width, int height)
    {
        foreach (string note in PictureFile.Inspect(file).Notes) Terminal.SayOnce($"{note}.");
        var mask = MaskPicture.Load(file);
        // A pixel more or less is a matter of rounding.
        if (Math.Abs((long)mask.Width * height - (long)mask.Height * width) > Math.Max(width, height))
            throw new UserErrorException($"{option} {file} is {mask.Width}x{mask.Height}, and a mask must have the shape of its picture, at any size: {picture} is {width}x{height} here; crop or stretch the mask to that shape.");
        return mask;
    }

    static Option<string[]> Files(string name, string description) => new(name) { Description = description, HelpName = "FILE", Arity = ArgumentArity.OneOrMore };
}
