using System.CommandLine;
using System.Globalization;
using GpuStyle.Cli.Running;
using GpuStyle.Files;
using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Optimization;

namespace GpuStyle.Cli;

/// <summary>A style picture: its file, its size relative to the style size, and its number in the blend.</summary>
internal sealed record StyleFile(string Path, double Scale, double Weight);

/// <summary>Options on what styles there are and how they are compared.</summary>
internal sealed class StyleOptions
{
    public Option<double[]?> Blend { get; } = Values.Numbers("--style-blend", "a weight for each STYLE, in proportion; a folder's is shared by its pictures [default: all pictures alike]", zero: true);
    public Option<string?> Combine { get; } = Values.Choice("--style-combine", "several styles as one loss against their mean statistics, or as a sum of losses [default: targets]", "targets", "losses");
    public Option<double[]?> Scale { get; } = Values.Numbers("--style-scale", "size of the style pictures relative to --style-size: one number, or one for each STYLE [default: 1]");
    public Option<string?> Loss { get; } = Values.Choice("--style-loss", "what is compared at each layer: Gram matrices; these with means and deviations; covariances; normal distributions by their Wasserstein distance; no statistics, but each position with its nearest neighbor in the painting, and the other way round; all layers at once, each position with the neighbor that it had when the size began; or these moved to the painting's at the least cost [default: covariance; neighbors in paint; gram with the built-in network, and in most other presets]", [.. Losses.Keys]);
    public Option<double?> MomentsWeight { get; } = Values.Number("--moments-weight", "weight of means and deviations in gram+moments [default: 10]");
    public Option<double?> Cover { get; } = Values.Number("--cover",
        "weight of the painting's side in neighbors: each of its positions has a neighbor in "
        + $"the picture; the more, the more of its motifs [default: {new ObjectiveSettings().Cover}]");
    public Option<int?> Samples { get; } = Values.Whole("--samples",
        "most positions of a layer on a side that neighbors and cosine look at, others each time, in proportion more of the picture's beyond a side of 512; the root of the number of pixels for transport and self-similarity; 0: all [default: 64]", 0, 4096);
    public Option<double?> SoughtContent { get; } = Values.Fraction("--sought-content", "hypercolumns: how much of the photograph there is in the picture whose positions' neighbors are looked for, from 0 to 1; the rest is the picture so far [default: 0.75]");
    public Option<string?> Turns { get; } = Values.Choice("--turns", "look for neighbors in turned paintings, too: by quarters of a turn, or these and their mirror images [default: none]", [.. TurnsByName.Keys]);
    public Option<double?> ColorWeight { get; } = Values.Number("--color-weight", "weight of the distance between the picture's colors and the painting's, by means and covariances [default: 0; 1 in paint]");
    public Option<string?> ContentLoss { get; } = Values.Choice("--content-loss", "sum of squares over 2; their mean; their sum over the target's; half their sum over the root of their number; 1 - the cosine between features without their mean, at each position; or how the features of all layers are like each other [default: mean; cosine in paint]", [.. ContentLosses.Keys]);
    public Option<bool> NormaliseGradients { get; } = new("--normalise-gradients") { Description = "divide each layer's gradient by the sum of its absolute values, before its weight: weights are shares of the pull, and the total is not what is minimised" };

    public Option<string?> Weigh { get; } = Values.Choice("--weigh",
        "relative: each style loss is divided by the photograph's, so that 1 is nothing of the painting yet, and content losses and total variation by the "
        + "painting's, so that weights mean the same for all networks, layers, losses and sizes; absolute: losses as they are. "
        + "Cosines stay as they are, but for neighbors beside a content loss that is none [default: relative; absolute in gram and other "
        + "programs' presets]", "relative", "absolute");

    public Option<string?> Tv { get; } = Values.Choice("--tv", "which total variation: half the squares, as sums or as means; neural-style's; absolute; over nine points; or little along the content's edges [default: squared]", [.. Variations.Keys]);

    static Dictionary<string, TotalVariationKind> Variations { get; } = new()
    {
        ["squared"] = TotalVariationKind.Squared,
        ["neural-style"] = TotalVariationKind.NeuralStyle,
        ["absolute"] = TotalVariationKind.Absolute,
        ["means"] = TotalVariationKind.Means,
        ["nine-point"] = TotalVariationKind.NinePoint,
        ["edge-aware"] = TotalVariationKind.EdgeAware,
    };

    static Dictionary<string, StyleLossKind> Losses { get; } = new()
    {
        ["gram"] = StyleLossKind.Gram,
        ["gram+moments"] = StyleLossKind.GramMoments,
        ["covariance"] = StyleLossKind.Covariance,
        ["wasserstein"] = StyleLossKind.Wasserstein,
        ["neighbors"] = StyleLossKind.Neighbors,
        ["hypercolumns"] = StyleLossKind.Hypercolumns,
        ["transport"] = StyleLossKind.Transport,
    };

    static Dictionary<string, StyleTurns> TurnsByName { get; } = new()
    {
        ["none"] = StyleTurns.None,
        ["rotations"] = StyleTurns.Rotations,
        ["all"] = StyleTurns.All,
    };

    static Dictionary<string, ContentForm> ContentLosses { get; } = new()
    {
        ["half-sum"] = ContentForm.HalfSum,
        ["mean"] = ContentForm.Mean,
        ["relative"] = ContentForm.Relative,
        ["root"] = ContentForm.HalfSumOverRoot,
        ["cosine"] = ContentForm.Cosine,
        ["self-similarity"] = ContentForm.SelfSimilarity,
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Blend, Combine, Scale, Loss, MomentsWeight, Cover, Samples, SoughtContent, Turns, ColorWeight, ContentLoss, Tv, NormaliseGradients, Weigh }) command.Options.Add(option);
    }

    /// <summary>The settings with what the command line overrides.</summary>
    public ObjectiveSettings Apply(ParseResult parsed, ObjectiveSettings settings) => settings with
    {
        StyleCombination = parsed.GetValue(Combine) switch { "targets" => StyleCombination.Targets, "losses" => StyleCombination.Losses, _ => settings.StyleCombination },
        StyleLoss = parsed.GetValue(Loss) is { } loss ? Losses[loss] : settings.StyleLoss,
        MomentsWeight = parsed.GetValue(MomentsWeight) ?? settings.MomentsWeight,
        Cover = parsed.GetValue(Cover) ?? settings.Cover,
        Samples = parsed.GetValue(Samples) ?? settings.Samples,
        SoughtContent = parsed.GetValue(SoughtContent) ?? settings.SoughtContent,
        Turns = parsed.GetValue(Turns) is { } turns ? TurnsByName[turns] : settings.Turns,
        ColorWeight = parsed.GetValue(ColorWeight) ?? settings.ColorWeight,
        ContentForm = parsed.GetValue(ContentLoss) is { } content ? ContentLosses[content] : settings.ContentForm,
        TvKind = parsed.GetValue(Tv) is { } variation ? Variations[variation] : settings.TvKind,
        RelativeWeights = parsed.GetValue(Weigh) switch { "relative" => true, "absolute" => false, _ => settings.RelativeWeights },
        NormaliseGradients = parsed.GetValue(NormaliseGradients) || settings.NormaliseGradients,
    };

    /// <summary>The style pictures that words on the command line mean: a folder is all pictures in it, by name.</summary>
    public StyleFile[] Files(ParseResult parsed, IReadOnlyList<string> words)
    {
        double[]? blend = Given(parsed, Blend), scales = Given(parsed, Scale);
        if ((blend ?? scales) is not null && words.FirstOrDefault(w => double.TryParse(w, CultureInfo.InvariantCulture, out _) && !Path.Exists(w)) is { } number)
            throw new UserErrorException(
                $"{number}: taken for a style picture, and there is none; an option's numbers have commas and no blanks between, such as {Blend.Name} 0.7,0.3.");
        if (blend is not null && blend.Length != words.Count) throw new UserErrorException($"{Blend.Name} has {Count(blend.Length, "weight")} for {Count(words.Count, "style")}; give one for each.");
        if (blend is not null && blend.Sum() <= 0) throw new UserErrorException($"{Blend.Name}: all weights are 0; use one above 0.");
        if (scales is not null && scales.Length != 1 && scales.Length != words.Count) throw new UserErrorException($"{Scale.Name} has {Count(scales.Length, "number")} for {Count(words.Count, "style")}; give one, or one for each.");
        if (scales is not null && scales.Contains(0)) throw new UserErrorException($"{Scale.Name}: 0 leaves nothing of a picture; use a number above 0.");
        return [.. words.SelectMany((word, i) =>
        {
            string[] files = Directory.Exists(word) ? InFolder(word) : [word];
            return files.Select(f => new StyleFile(f, scales is null ? 1 : scales[Math.Min(i, scales.Length - 1)], blend is null ? 1 : blend[i] / files.Length));
        })];
    }

    /// <summary>The settings' blend of these pictures; null if all count alike.</summary>
    public static IReadOnlyList<double>? BlendOf(IReadOnlyList<StyleFile> styles) => styles.Count == 0 || styles.All(s => s.Weight == styles[0].Weight) ? null : [.. styles.Select(s => s.Weight)];

    /// <summary>The longest side that a picture is loaded with; 0 for its own size.</summary>
    public static int SizeOf(StyleFile style, int styleSize)
    {
        if (style.Scale == 1) return styleSize;
        var (width, height) = PictureFile.ReadSize(style.Path);
        return Math.Max(1, (int)Math.Round(style.Scale * (styleSize == 0 ? Math.Max(width, height) : styleSize)));
    }

    /// <summary>An option's numbers; null where it is not given.</summary>
    static double[]? Given(ParseResult parsed, Option<double[]?> option) => parsed.GetValue(option) is { Length: > 0 } numbers ? numbers : null;

    /// <summary>
    /// The pictures in a folder, by name: files that can be read as such, whatever they are called, but for hidden ones. What else there
    /// is is told.
    /// </summary>
    public static string[] InFolder(string folder)
    {
        string[] files;
        try
        {
            files = [.. new DirectoryInfo(folder).EnumerateFiles().Where(f => !IsHidden(f)).Select(f => System.IO.Path.Combine(folder, f.Name))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"the folder '{folder}' cannot be read; change its permissions, or name the pictures in it.");
        }
        files = [.. files.Where(IsPicture).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new UserErrorException($"the folder '{folder}' holds no picture; name another, or a file.");
    }

    /// <summary>Hidden, or no file that could be read again and again, such as a named pipe.</summary>
    static bool IsHidden(FileInfo file) =>
        file.Name[0] == '.' || file.Attributes.HasFlag(FileAttributes.Hidden) || !FilePlace.Of(file.FullName).IsPlain;

    /// <summary>What was found of files in folders, which are asked for several times.</summary>
    static readonly Dictionary<string, bool> Found = [];

    static bool IsPicture(string file)
    {
        string full = System.IO.Path.GetFullPath(file);
        return Found.TryGetValue(full, out bool found) ? found : Found[full] = CanBeRead(file);
    }

    static bool CanBeRead(string file)
    {
        try
        {
            // To its end, as a run will.
            PictureFile.LoadRows(file, new() { MaxPixels = PictureInput.MostPixels }, (_, _, _) => { });
            return true;
        }
        catch (PictureException e)
        {
            // A text beside the pictures is nothing to speak of, unless it calls itself one.
            if (!PictureFile.IsPictureName(file) && e.IsNoPicture) return false;
            Terminal.SayOnce($"{e.Message}. It is left out of the styles.");
            return false;
        }
    }

    public static string Count(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
}
