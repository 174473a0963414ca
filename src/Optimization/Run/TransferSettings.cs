namespace GpuStyle.Optimization;

/// <summary>What the picture starts as, before the coarsest size.</summary>
public enum InitKind
{
    /// <summary>The content picture.</summary>
    Content,

    /// <summary>Normal noise around the network's mean colour.</summary>
    Noise,

    /// <summary>The style picture, stretched to the result's size.</summary>
    Style,

    /// <summary>A picture of the caller's.</summary>
    Picture,

    /// <summary>
    /// The content's finest details around the style's mean color, and again on what each size hands on, but not before the last: colors and
    /// larger forms are all the style's (STROTSS).
    /// </summary>
    Details,
}

/// <summary>Everything that determines a run, apart from its pictures and weights. One serialisable value.</summary>
public sealed record TransferSettings
{
    /// <summary>What is minimised.</summary>
    public required ObjectiveSettings Objective { get; init; }

    /// <summary>How.</summary>
    public required OptimizerSettings Optimizer { get; init; }

    /// <summary>What the picture starts as.</summary>
    public InitKind Init { get; init; }

    /// <summary>Seed of the noise.</summary>
    public int Seed { get; init; }

    /// <summary>Standard deviation of initial noise, in units of 0..255.</summary>
    public double NoiseDeviation { get; init; } = 40;

    /// <summary>Number of sizes from coarse to fine, each twice the one before; 0 chooses by the picture's size.</summary>
    public int Scales { get; init; }

    /// <summary>
    /// Halvings from the final size to the coarsest, where <see cref="Scales"/> chooses: 0 is one size, 1 begins at half the size, and what
    /// lies between begins between. They are counted from <see cref="Pyramid.StrengthSide"/> in larger pictures. Null: at <see cref="Pyramid.CoarsestSide"/>. Never below what the network needs.
    /// </summary>
    public double? Strength { get; init; }

    /// <summary>What changes from size to size.</summary>
    public SizeSchedule Sizes { get; init; } = new();

    /// <summary>
    /// Iterations after the last size in which every place of the finished picture is brought nearer to some place of the painting
    /// (<see cref="PolishStage"/>); 0: none.
    /// </summary>
    public int Polish { get; init; }

    /// <summary>What these iterations minimize.</summary>
    public PolishKind PolishKind { get; init; }

    /// <summary>Whether there are fewer sizes than <see cref="Scales"/> says where the picture is too small for them.</summary>
    public bool FewerScales { get; init; }

    /// <summary>
    /// The most that a block of the picture has on a side while the objective is evaluated, in pixels, its margin apart; 0: the whole
    /// picture at once. The result is the same but for rounding; blocks take less memory and more time.
    /// </summary>
    public int BlockSize { get; init; }

    /// <summary>
    /// Whether the picture stays without color: red, green and blue are the same, whatever the losses would gain by color.
    /// </summary>
    public bool Gray { get; init; }

    /// <summary>
    /// How fast the devices that share the run are against each other, which says how much of the picture each has; null measures it. The
    /// same shares give the same picture again, to the last bit.
    /// </summary>
    public IReadOnlyList<double>? Shares { get; init; }

    /// <summary>
    /// Whether the picture and the optimiser's vectors live in the host's memory, not on the (first) device that evaluates: one picture goes there and one
    /// gradient comes back for each evaluation.
    /// </summary>
    public bool VectorsOnHost { get; init; }

    /// <summary>Whether evaluations of any part of the run look at some positions alone.</summary>
    public bool IsSampled => Objective.IsSampled || Polish > 0;

    /// <summary>What a size of the run minimizes, and how.</summary>
    public TransferSettings At(PyramidLevel level) => level.Polish ? PolishStage.Of(this) : Sizes.Of(this, level);

    /// <summary>The settings of a preset.</summary>
    public static TransferSettings Of(Preset preset) => new()
    {
        Objective = preset.Objective,
        Optimizer = preset.Optimizer,
        Init = preset.Init,
        NoiseDeviation = preset.NoiseDeviation,
        Scales = preset.Scales,
        Strength = preset.Strength,
        Polish = preset.Polish,
        PolishKind = preset.PolishKind,
        FewerScales = preset.FewerScales,
        Sizes = preset.Sizes ?? new(),
    };
}
