using System.CommandLine;
using GpuStyle.Optimization;

namespace GpuStyle.Cli;

/// <summary>What an artist asks for, in words that need no knowledge of losses; each stands for other options, and goes with them.</summary>
internal sealed class ArtistOptions
{
    const double Middle = 50;

    /// <summary>The factor on the content weight at either end of a dial.</summary>
    const double MostContent = 16;

    /// <summary>The relative weight of total variation at the end of its dial.</summary>
    const double MostSmooth = 1;

    public Option<double?> Strength { get; } = Values.Dial("--strength",
        "how far from the photograph the picture goes, 0 to 100: 0 redraws it, 50 paints it, 100 has the painting's own motifs; in paint by the "
        + "size that it begins with, in other presets by the content weight [default: 50]");

    public Option<double?> Detail { get; } = Values.Dial("--detail",
        $"how much of the photograph's small things is kept, 0 to 100: the content weight times 1/{MostContent} to {MostContent} [default: 50]");

    public Option<double?> Smooth { get; } = Values.Dial("--smooth",
        "how smooth the picture is, 0 to 100: total variation with this hundredth as its relative weight [default: 0]");

    public Option<double?> Stroke { get; } = Values.Positive("--stroke",
        "size of the painting's strokes, times that which they have in a painting of the picture's size: as --style-scale for all paintings [default: 1]");

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Strength, Stroke, Detail, Smooth }) command.Options.Add(option);
    }

    /// <summary>The settings with what the dials change in them.</summary>
    public TransferSettings Apply(ParseResult parsed, TransferSettings settings)
    {
        double content = 1;
        if (parsed.GetValue(Strength) is { } strength)
        {
            if (settings.Strength is null) content *= Factor(Middle - strength);
            else settings = settings with { Strength = settings.Strength * strength / Middle };
        }
        if (parsed.GetValue(Detail) is { } detail) content *= Factor(detail - Middle);
        var objective = settings.Objective with { ContentWeight = content * settings.Objective.ContentWeight };
        if (parsed.GetValue(Smooth) is { } smooth && objective.RelativeWeights) objective = objective with { TvWeight = MostSmooth * smooth / 100 };
        return settings with { Objective = objective };
    }

    static double Factor(double fromMiddle) => Math.Pow(MostContent, fromMiddle / Middle);
}
