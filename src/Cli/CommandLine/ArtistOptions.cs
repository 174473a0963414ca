using System.CommandLine;
using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Cli;

/// <summary>What an artist asks for, in words that need no knowledge of losses; each stands for other options.</summary>
internal sealed class ArtistOptions
{
    const double Middle = 50;

    /// <summary>The factor at either end of a dial.</summary>
    const double Most = 16;

    public Option<double?> Strength { get; } = Values.Dial("--strength",
        "how far from the photograph the picture goes, 0 to 100: 0 keeps its forms, in the painting's colors and strokes, 100 has the "
        + "painting's own motifs. In paint: the size that the run begins with; in other presets: the content weight, "
        + $"{Most} times as large at 0, a {Most}th at 100 [default: 50]");

    public Option<double?> Detail { get; } = Values.Dial("--detail",
        "how much of the photograph's small things is kept, such as eyes and windows, 0 to 100: the weight of the shallowest content "
        + $"layer, a {Most}th at 0, {Most} times as large at 100 [default: 50]");

    public Option<double?> Smooth { get; } = Values.Dial("--smooth",
        "how smooth the picture is, 0 to 100: --tv-weight in hundredths, where weights are relative [default: as --tv-weight]");

    public Option<double?> Stroke { get; } = Values.Positive("--stroke",
        "size of the painting's strokes, up to 4: 1.5 makes them half again as large, by a larger picture of the painting; "
        + "times --style-scale [default: 1]", most: 4);

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Strength, Stroke, Detail, Smooth }) command.Options.Add(option);
    }

    /// <summary>The settings with what the dials change in them.</summary>
    public TransferSettings Apply(ParseResult parsed, TransferSettings settings)
    {
        if (parsed.GetValue(Strength) is { } strength)
            settings = settings.Strength is null ? settings with { Objective = Content(settings.Objective, Factor(Middle - strength)) }
                : settings with { Strength = settings.Strength * strength / Middle };
        var objective = settings.Objective;
        if (parsed.GetValue(Detail) is { } detail) objective = Finest(objective, Factor(detail - Middle));
        if (parsed.GetValue(Smooth) is { } smooth && objective.RelativeWeights) objective = objective with { TvWeight = smooth / 100 };
        return settings with { Objective = objective };
    }

    static ObjectiveSettings Content(ObjectiveSettings objective, double factor) =>
        objective with { ContentWeight = factor * objective.ContentWeight };

    /// <summary>With another weight of the shallowest content layer; where layers have shares the others keep what they count.</summary>
    static ObjectiveSettings Finest(ObjectiveSettings objective, double factor)
    {
        if (objective.ContentLayers.Count == 0) return objective;
        var finest = objective.ContentLayers.MinBy(l => Vgg19.Find(l.Layer).Index)!;
        LayerWeight[] layers = [.. objective.ContentLayers.Select(l => l == finest ? l with { Weight = factor * l.Weight } : l)];
        double before = objective.ContentLayers.Sum(l => l.Weight), after = layers.Sum(l => l.Weight);
        bool shares = objective.RelativeWeights && before > 0
            && objective.ContentForm is not (ContentForm.Cosine or ContentForm.SelfSimilarity);
        return Content(objective with { ContentLayers = layers }, shares ? after / before : 1);
    }

    static double Factor(double fromMiddle) => Math.Pow(Most, fromMiddle / Middle);
}
