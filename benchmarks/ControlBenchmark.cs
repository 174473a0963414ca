using System.Globalization;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Benchmarks;

/// <summary>
/// What each option of docs/control.md costs, in percent of an evaluation of the preset <c>default</c> with one style: <c>control [--sizes 256,512] [--threads N]
/// [--evaluations N] [--rounds N] [--only WORD]</c>. Each option takes turns with the plain evaluation; a figure is the median of a turn, and the percentage the median over the rounds.
/// What changes pictures before and after a run, such as <c>--color</c>, costs an evaluation nothing.
/// </summary>
internal static class ControlBenchmark
{
    sealed record Options(int[] Sizes, int Threads, int Evaluations, int Rounds, string Only);

    /// <summary>An evaluation with an option.</summary>
    sealed record Variant(string Name, Func<ObjectiveSettings, ObjectiveSettings> Change, int Styles = 1, int Regions = 0, bool Kept = false,
        bool Blocks = false)
    {
        /// <summary>What it is compared with, if that is not the preset.</summary>
        public Func<ObjectiveSettings, ObjectiveSettings> Plain { get; init; } = s => s;
    }

    static readonly Variant[] Variants =
    [
        new("two styles", s => s, Styles: 2),
        new("two styles --style-combine losses", s => s with { StyleCombination = StyleCombination.Losses }, Styles: 2),
        .. new[] { StyleLossKind.GramMoments, StyleLossKind.Covariance, StyleLossKind.Wasserstein }.Select(kind => new Variant($"--style-loss {kind}", s => s with { StyleLoss = kind })),
        // Against Gram matrices of the same layers.
        new("--style-loss Neighbors", PolishStage.Objective)
        {
            Plain = s => s with { StyleLayers = PolishStage.Layers, Pooling = PoolingKind.Max },
        },
        new("--content-loss relative", s => s with { ContentForm = ContentForm.Relative }),
        new("--normalise-gradients", s => s with { NormaliseGradients = true }),
        .. Enum.GetValues<TotalVariationKind>().Select(kind => new Variant($"--tv {kind}", s => s with { TvKind = kind })),
        .. new[] { 2, 4 }.SelectMany(regions => Enum.GetValues<GuideStatistics>().Select(kind => new Variant($"{regions} regions, {kind}", s => s with { GuideStatistics = kind }, Regions: regions))),
        new("--mask-keep", s => s, Regions: 2, Kept: true),
        new("--block-size, half a side", s => s, Blocks: true),
    ];

    public static int Run(Arguments arguments)
    {
        var options = new Options(
            arguments.Wholes("--sizes", [256, 512], Vgg19.MinimumSide),
            arguments.Whole("--threads", Environment.ProcessorCount),
            arguments.Whole("--evaluations", 5),
            arguments.Whole("--rounds", 3),
            arguments.Text("--only", ""));
        arguments.End();
        var chosen = Variants.Where(v => v.Name.Contains(options.Only, StringComparison.OrdinalIgnoreCase)).ToArray();
        if (chosen.Length == 0) throw new ArgumentException($"--only {options.Only}: no option's name has that in it; use a word of {string.Join("; ", Variants.Select(v => v.Name))}");
        using (var device = new SimdDevice(options.Threads)) Console.WriteLine(device.Name);
        Console.WriteLine($"{"size",-10} {"option",-36} {"plain ms",9} {"ms",9} {"percent",8}");
        foreach (int size in options.Sizes)
            foreach (var variant in chosen) Compare(options, size, variant);
        return 0;
    }

    static void Compare(Options options, int size, Variant variant)
    {
        var plain = variant.Plain(Presets.Find("gram").Objective);
        var changed = variant.Change(plain);
        var rounds = new List<(double Plain, double Changed)>();
        for (int round = 0; round < options.Rounds; round++)
        {
            double before = Median(EvaluationBenchmark.Times(plain, size, options.Threads, options.Evaluations));
            int styles = Math.Max(variant.Styles, variant.Regions);
            rounds.Add((before, Median(EvaluationBenchmark.Times(changed, size, options.Threads, options.Evaluations, styles: styles, guidance: Guidance(variant), blockSize: variant.Blocks ? size / 2 : 0))));
        }
        var (ms, with) = rounds.OrderBy(r => r.Changed / r.Plain).ElementAt(rounds.Count / 2);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{size + "x" + size,-10} {variant.Name,-36} {ms,9:f1} {with,9:f1} {Math.Round(100 * (with / ms - 1), 1),8:+0.0;-0.0;0.0}"));
    }

    static double Median(List<double> ascending) => ascending[ascending.Count / 2];

    /// <summary>Vertical stripes, each with a style of its own; with <see cref="Variant.Kept"/> the upper fifth keeps its pixels.</summary>
    static Guidance? Guidance(Variant variant)
    {
        if (variant.Regions == 0) return null;
        static MaskSource Mask(Func<double, double, bool> inside) => new((height, width) =>
            [.. Enumerable.Range(0, height * width).Select(i => inside((i / width + 0.5) / height, (i % width + 0.5) / width) ? 1f : 0f)]);
        return new([.. Enumerable.Range(0, variant.Regions).Select(r => new StyleRegion($"Region {r + 1}", Mask((_, x) => (int)(x * variant.Regions) == r), [new(r, 1)]))],
            variant.Kept ? Mask((y, _) => y < 0.2) : null);
    }
}
