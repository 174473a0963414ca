using System.CommandLine;
using System.Text.Json.Nodes;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Optimization;

namespace GpuStyle.Cli;

/// <summary>The options shared by the commands that work on an objective, and the settings they come to.</summary>
/// <param name="defaultSize">What <c>--size</c> is where it is not given.</param>
/// <param name="recorded">The run that is run again, if it is one.</param>
/// <param name="defaultPreset">The preset where none is named.</param>
internal sealed class RunOptions(int defaultSize, Recorded? recorded = null, string defaultPreset = RunOptions.Motifs)
{
    /// <summary>The preset of pictures of content and style, and the one that does without a trained network.</summary>
    public const string Motifs = "motifs", Gram = "gram";

    /// <summary>What pictures have recorded whose preset was the default of the time.</summary>
    const string Unnamed = "default";

    static readonly TransferSettings Default = TransferSettings.Of(Presets.Find(Motifs)), OfGram = TransferSettings.Of(Presets.Find(Gram));

    static Dictionary<string, RateSchedule> Schedules { get; } = new()
    {
        ["constant"] = RateSchedule.Constant,
        ["linear"] = RateSchedule.Linear,
        ["cosine"] = RateSchedule.Cosine,
    };

    readonly PlaceOptions place = new();
    readonly StyleOptions style = new();
    readonly ArtistOptions artist = new();

    /// <summary>The pictures that are worked from.</summary>
    public PictureInputs Inputs { get; } = new();

    /// <summary>Which style goes where.</summary>
    public MaskOptions Masks { get; } = new();

    /// <summary>Whose colours the result has.</summary>
    public ColourOptions Colours { get; } = new();

    public Option<int?> Size { get; } = Values.Whole("--size", $"longest side of the result in pixels; 0 keeps the picture's own size, pixels untouched [default: {defaultSize}]", 0, 100_000);
    public Option<int?> StyleSize { get; } = Values.Whole("--style-size",
        "longest side of the style pictures; 0 keeps their own [default: as --size; in spst a shorter side as the result's, or the picture's own]",
        0, 100_000);
    public Option<string?> Preset { get; } = Values.Named("--preset", "NAME", $"settings that the others here override: {string.Join(", ", Presets.All.Select(p => p.Name))}; the defaults shown are those of {Motifs} [default: {Motifs}; {Gram} for texture and reconstruct, and with the built-in network]", [.. Presets.All.Select(p => p.Name), Unnamed]);
    public Option<int?> Iterations { get; } = Values.Whole("--iterations", $"iterations at the final size, in spst at the first; coarser sizes do more [default: {Default.Optimizer.Iterations}]", 1, 1_000_000);
    public Option<string?> Optimizer { get; } = Values.Choice("--optimizer", "lbfgs: fewer iterations; adam, and rmsprop, which averages no steps: less memory [default: lbfgs; adam in paint and a few others]", "lbfgs", "adam", "rmsprop");
    public Option<double?> LearningRate { get; } = Values.Positive("--learning-rate",
        $"step length; Adam's in units of 0..255 [default: {Default.Optimizer.AdamLearningRate}; 1 in paint]");
    public Option<string?> Schedule { get; } = Values.Choice("--schedule", "how Adam's learning rate goes over the iterations of each size: constant, or down to 0 along a line or half a cosine [default: constant]", [.. Schedules.Keys]);
    public Option<int?> Octaves { get; } = Values.Whole("--octaves", $"octaves of the picture that Adam steps in, each as if it were a picture of its own: 1 is the pixels alone, each more is half the size [default: {Default.Optimizer.Octaves}; 6 in paint]", 1, 12);
    public Option<double?> AverageDecay { get; } = Values.Share("--average-decay", "show, save and hand on the exponential average of each size's pictures, each weighing X times the next, instead of the last one: smoother, one more picture of memory; losses stay those of the single pictures; 0: no average [default: 0]");
    public Option<double?> Until { get; } = Values.Percent("--until", $"end a size early, and go on with the next, once its lowest loss falls by less than X % in {OptimizerSettings.StallWindow} iterations [default: never]");
    public Option<int?> History { get; } = Values.Whole("--history", $"pairs that L-BFGS remembers [default: {OfGram.Optimizer.History}]", 1, 1000);
    public Option<string?> HistoryPrecision { get; } = Values.Choice("--history-precision", "what L-BFGS keeps its pairs in: fp32 takes two pictures of memory a pair, int8 little more than half of one [default: int8]", "int8", "fp32");
    public Option<string?> LineSearch { get; } = Values.Choice("--line-search", "how L-BFGS chooses its steps [default: none]", "none", "strong-wolfe");
    public Option<string?> Preconditioner { get; } = Values.Choice("--preconditioner", "smooth: L-BFGS takes longer steps in the octaves and colours in which the last ones found the objective to give way easily, and needs fewer iterations; none: as in other programs [default: smooth]", "smooth", "none");
    public Option<string?> Init { get; } = Values.Text("--init", "content|noise|style|details|FILE", "what the picture starts as; details: the content's finest ones around the style's mean color, and again between sizes; FILE is stretched to the result's size [default: content; noise for texture and reconstruct]");
    public Option<int?> Seed { get; } = Values.Whole("--seed", "seed of the noise, and of the positions that are looked at [default: 0]", 0);
    public Option<PoolingKind?> Pooling { get; } = Values.Pooling("how the network pools [default: max; average in gram, gatys2016 and neural-style-tf]");
    public Option<bool> Normalise { get; } = new("--normalise") { Description = "scale the network's channels to mean activation 1 over the content and style pictures (Gatys' normalisation); losses, and so weights, change with it" };
    public Option<LayerWeight[]?> ContentLayers { get; } = Values.Layers("--content-layers", $"layers of the content loss, with weights [default: {Listed(Default.Objective.ContentLayers)}]");
    public Option<LayerWeight[]?> StyleLayers { get; } = Values.Layers("--style-layers", $"layers of the style loss, with weights [default: {Listed(Default.Objective.StyleLayers)}]");
    public Option<double?> ContentWeight { get; } = Values.Number("--content-weight", $"weight of the content loss [default: {Default.Objective.ContentWeight}]");
    public Option<double?> StyleWeight { get; } = Values.Number("--style-weight", $"weight of the style loss [default: {Default.Objective.StyleWeight}]");
    public Option<double?> TvWeight { get; } = Values.Number("--tv-weight", $"weight of total variation: the more, the smoother [default: {Default.Objective.TvWeight}]");
    public Option<int?> Scales { get; } = Values.Automatic("--scales", $"sizes from coarse to fine, each twice the one before; auto: down to 128 px, in paint by --strength [default: auto]", 1, 12);
    public Option<int?> Polish { get; } = Values.Whole("--polish", $"iterations at the end that turn the finished picture into paint, whatever it was made with: each place of it becomes like some place of the painting [default: {Default.Polish}; 0 in other presets]", 0, 10_000);
    public Option<int?> BlockSize { get; } = Block();
    public Option<long?> MaxMemory { get; } = Values.Bytes("--max-memory", "the most memory to use of a device, of each if there are several; to fit, shortens the history, works in blocks, on a GPU has the optimiser's vectors on the host [default: what is free]");
    public Option<string?> OptimizerMemory { get; } = Values.Choice("--optimizer-memory", "where the picture and the optimiser's vectors live: on the (first) device, in the host's memory, or where the device's memory asks for it [default: auto]", "auto", "device", "host");

    /// <summary>How a picture is cut to save memory.</summary>
    public static Option<int?> Block() => Values.Automatic("--block-size", "work in blocks of at most N px a side: less memory, more time, the same losses and gradient but for rounding; auto: only if memory asks for it [default: auto]", 16, 100_000);

    /// <summary>Adds them all to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { Size, StyleSize, Preset }) command.Options.Add(option);
        artist.AddTo(command);
        foreach (var option in new Option[]
        {
            Iterations, Until, Optimizer, LearningRate, Schedule, Octaves, AverageDecay, History, HistoryPrecision, LineSearch, Preconditioner, Init, Seed, Pooling, Normalise,
            ContentLayers, StyleLayers, ContentWeight, StyleWeight, TvWeight, Scales, Polish, BlockSize, MaxMemory, OptimizerMemory,
        }) command.Options.Add(option);
        style.AddTo(command);
        Masks.AddTo(command);
        Colours.AddTo(command);
        place.AddTo(command);
        SettingsFile.AddTo(command);
    }

    /// <summary>Opens the device and finds the weights.</summary>
    public Workplace Open(ParseResult parsed, bool download = true)
    {
        var opened = place.Open(parsed, download);
        if (recorded?.WeightsHash is { } hash && hash != opened.WeightsHash) Terminal.Say($"{opened.Weights.Source} is not the network that {recorded.Picture} was made with; the picture will be another.");
        return opened;
    }

    /// <summary>
    /// The preset that the options override; that of a run that is run again has the figures that it had then. The built-in network's features
    /// have no neighbors to speak of: it does what Gram matrices can.
    /// </summary>
    public Preset PresetOf(ParseResult parsed)
    {
        string name = parsed.GetValue(Preset) ?? Unnamed;
        if (recorded?.Preset is { } then && then.Name == name) return then;
        return Presets.Find(name != Unnamed ? name : place.ExpectsBuiltIn(parsed) ? Gram : defaultPreset);
    }

    /// <summary>The options that say where to compute and with which weights.</summary>
    public IReadOnlyList<Symbol> Place => place.All;

    /// <summary>What any run takes without being asked.</summary>
    public Dictionary<Symbol, string> Chosen(ParseResult parsed, Workplace opened)
    {
        var chosen = new Dictionary<Symbol, string> { [Size] = $"{SizeOf(parsed)}", [Preset] = PresetOf(parsed).Name };
        foreach (var (option, word) in place.Chosen(parsed, opened)) chosen[option] = word;
        if (opened.Shares(Settings(parsed).Objective) is { } shares) chosen[place.Shares] = string.Join(',', shares.Select(s => $"{s:r}"));
        return chosen;
    }

    /// <summary>
    /// Of what was chosen because memory or weights wanted it, what was asked for: an option's value, or null if nothing was.
    /// </summary>
    public JsonObject Asked(ParseResult parsed, IReadOnlyDictionary<Symbol, string> chosen)
    {
        var asked = recorded?.Asked.DeepClone().AsObject() ?? [];
        foreach (var option in new Option[] { History, HistoryPrecision, BlockSize, OptimizerMemory })
            if (chosen.ContainsKey(option)) asked[SettingsKeys.KeyOf(option)] = SettingsKeys.WordsOf(parsed, option) is { } words ? SettingsKeys.FormOf(option).Value(words) : null;
        return asked;
    }

    /// <summary>
    /// What this run takes without being asked, or otherwise than asked since memory or weights wanted it, for these options to take it
    /// again.
    /// </summary>
    public IReadOnlyDictionary<Symbol, string> Chosen(ParseResult parsed, Workplace opened, TransferSettings settings)
    {
        TransferSettings asked = Settings(parsed);
        OptimizerSettings before = asked.Optimizer, after = settings.Optimizer;
        var chosen = Chosen(parsed, opened);
        if (Colours.ChosenSpace(parsed) is { } space) chosen[Colours.Space] = space;
        // What changes nothing is not recorded: a replay would say so.
        if (settings.Init == InitKind.Noise || settings.IsSampled) chosen[Seed] = $"{settings.Seed}";
        if (after.History != before.History) chosen[History] = $"{after.History}";
        if (after.PackedHistory != before.PackedHistory) chosen[HistoryPrecision] = after.PackedHistory ? "int8" : "fp32";
        if (settings.BlockSize != asked.BlockSize) chosen[BlockSize] = $"{settings.BlockSize}";
        if (settings.VectorsOnHost != asked.VectorsOnHost) chosen[OptimizerMemory] = settings.VectorsOnHost ? "host" : "device";
        return chosen;
    }

    /// <summary>The settings made to fit the devices: what each of several has of the picture, and the memory there is.</summary>
    public TransferSettings Fitted(ParseResult parsed, Workplace place, TransferSettings settings, (int Width, int Height) size, IEnumerable<(int Width, int Height)> styles, Guidance? guidance) =>
        MemoryLimit.Apply(place, settings with { Shares = place.Shares(settings.Objective) }, size, styles, parsed.GetValue(MaxMemory), parsed.GetValue(OptimizerMemory) is null or "auto", guidance);

    /// <summary>The longest side of the result; 0 for the picture's own size.</summary>
    public int SizeOf(ParseResult parsed) => parsed.GetValue(Size) ?? defaultSize;

    /// <summary>The style pictures that the words for them mean.</summary>
    public StyleFile[] Styles(ParseResult parsed, IReadOnlyList<string> words) =>
        [.. style.Files(parsed, words).Select(s => s with { Scale = s.Scale * (parsed.GetValue(artist.Stroke) ?? 1) })];

    /// <summary>The style pictures, at their size in a run whose result has this one.</summary>
    public PictureInput[] LoadStyles(ParseResult parsed, IEnumerable<StyleFile> files, (int Width, int Height) result) =>
        [.. files.Select(f => Inputs.Open(f.Path, StyleOptions.SizeOf(f, StyleSizeOf(parsed, f, result)), StyleSizeName(parsed, f)))];

    /// <summary>The style pictures' sizes, from their headers alone.</summary>
    public (int Width, int Height)[] StyleSizes(ParseResult parsed, IEnumerable<StyleFile> files, (int Width, int Height) result) =>
        [.. files.Select(f => Pictures.Fitted(f.Path, StyleOptions.SizeOf(f, StyleSizeOf(parsed, f, result)), StyleSizeName(parsed, f)))];

    /// <summary>Which style goes where when only what can be seen of the pictures counts (<see cref="Transparency"/>).</summary>
    /// <exception cref="UserErrorException">A region is left without a style.</exception>
    public RunMasks Visible(RunMasks masks, ObjectiveSettings settings, (int Width, int Height) size, PictureInput? content,
        IReadOnlyList<PictureInput> paintings)
    {
        masks = Transparency.Apply(masks, settings, content, paintings);
        if (masks.Guidance is not { } guidance) return masks;
        var sizes = paintings.Select(p => (p.Height, p.Width)).ToList();
        if (RegionCheck.FindUnstyled(settings, guidance, size.Height, size.Width, sizes) is { } region)
            throw new UserErrorException((region == Transparency.WholePicture ? "" : $"{Masks.Content.Name}: ")
                + $"{region} is too small or too dark, here or in its style pictures, for every style layer, "
                + $"so that no style would go there; make it larger, use a larger {Size.Name}, or leave it out.");
        return masks;
    }

    /// <summary>The settings for these styles and masks.</summary>
    public TransferSettings ForStyles(ParseResult parsed, TransferSettings settings, IReadOnlyList<StyleFile> styles) => settings with
    {
        Objective = Masks.Apply(parsed, settings.Objective) with { StyleBlend = StyleOptions.BlendOf(styles) },
    };

    /// <summary>The preset's settings with what the command line overrides.</summary>
    public TransferSettings Settings(ParseResult parsed)
    {
        var settings = TransferSettings.Of(PresetOf(parsed));
        var objective = settings.Objective;
        var optimizer = settings.Optimizer;
        double? rate = parsed.GetValue(LearningRate);
        settings = settings with
        {
            Objective = style.Apply(parsed, objective) with
            {
                ContentLayers = WithWeights(parsed.GetValue(ContentLayers), objective.ContentLayers),
                StyleLayers = WithWeights(parsed.GetValue(StyleLayers), objective.StyleLayers),
                ContentWeight = parsed.GetValue(ContentWeight) ?? objective.ContentWeight,
                StyleWeight = parsed.GetValue(StyleWeight) ?? objective.StyleWeight,
                TvWeight = parsed.GetValue(TvWeight) ?? objective.TvWeight,
                Pooling = parsed.GetValue(Pooling) ?? objective.Pooling,
                SampleSeed = parsed.GetValue(Seed) ?? objective.SampleSeed,
            },
            Optimizer = optimizer with
            {
                Kind = parsed.GetValue(Optimizer) switch { "adam" => OptimizerKind.Adam, "rmsprop" => OptimizerKind.RmsProp, "lbfgs" => OptimizerKind.Lbfgs, _ => optimizer.Kind },
                Iterations = parsed.GetValue(Iterations) ?? optimizer.Iterations,
                LbfgsLearningRate = rate ?? optimizer.LbfgsLearningRate,
                AdamLearningRate = rate ?? optimizer.AdamLearningRate,
                Schedule = parsed.GetValue(Schedule) is { } schedule ? Schedules[schedule] : optimizer.Schedule,
                Octaves = parsed.GetValue(Octaves) ?? optimizer.Octaves,
                AverageDecay = parsed.GetValue(AverageDecay) ?? optimizer.AverageDecay,
                Until = parsed.GetValue(Until) ?? optimizer.Until,
                History = parsed.GetValue(History) ?? optimizer.History,
                PackedHistory = parsed.GetValue(HistoryPrecision) switch { "int8" => true, "fp32" => false, _ => optimizer.PackedHistory },
                LineSearch = parsed.GetValue(LineSearch) switch { "strong-wolfe" => Optimization.LineSearch.StrongWolfe, "none" => Optimization.LineSearch.None, _ => optimizer.LineSearch },
                Preconditioned = parsed.GetValue(Preconditioner) switch { "smooth" => true, "none" => false, _ => optimizer.Preconditioned },
            },
            Init = parsed.GetValue(Init) switch { null => settings.Init, "content" => InitKind.Content, "noise" => InitKind.Noise, "style" => InitKind.Style, "details" => InitKind.Details, _ => InitKind.Picture },
            Seed = parsed.GetValue(Seed) ?? settings.Seed,
            Scales = parsed.GetValue(Scales) ?? settings.Scales,
            FewerScales = settings.FewerScales && parsed.GetValue(Scales) is null,
            Polish = parsed.GetValue(Polish) ?? settings.Polish,
            BlockSize = parsed.GetValue(BlockSize) ?? 0,
            VectorsOnHost = parsed.GetValue(OptimizerMemory) == "host",
        };
        if (settings.Optimizer is { Kind: OptimizerKind.Lbfgs, Schedule: not RateSchedule.Constant })
            throw new UserErrorException($"{Schedule.Name} '{parsed.GetValue(Schedule)}' is for Adam: L-BFGS measures how long its steps should be; use {Optimizer.Name} adam, or leave it out.");
        if (parsed.GetValue(artist.Smooth) is not null && parsed.GetValue(TvWeight) is not null)
            throw new UserErrorException($"{artist.Smooth.Name} and {TvWeight.Name} are the same weight; give one of them.");
        return artist.Apply(parsed, settings);
    }

    /// <summary>What was asked for and changes nothing with these settings, a line each.</summary>
    public IEnumerable<string> Idle(ParseResult parsed, TransferSettings settings, int styles, Workplace opened)
    {
        bool adam = settings.Optimizer.Kind != OptimizerKind.Lbfgs;
        (Option Option, bool Idle, string Why)[] all =
        [
            .. new Option[] { History, HistoryPrecision, LineSearch, Preconditioner }.Select(o => (o, adam, $"it is for L-BFGS, and the optimiser is {(settings.Optimizer.Kind == OptimizerKind.Adam ? "Adam" : "RMSprop")}")),
            (Seed, settings.Init != InitKind.Noise && !settings.IsSampled, "the picture does not start as noise"),
            (artist.Strength, settings is { Strength: not null, Scales: not 0 }, $"{Scales.Name} says how many sizes there are"),
            (artist.Strength, settings is { Strength: null, Objective: { ContentWeight: 0 } or { ContentLayers.Count: 0 } }, "there is no content loss"),
            (artist.Detail, settings.Objective is { ContentWeight: 0 } or { ContentLayers.Count: 0 }, "there is no content loss"),
            (artist.Smooth, !settings.Objective.RelativeWeights, $"this preset's weights are absolute; use {TvWeight.Name}"),
            (style.Weigh, settings.Objective.NormaliseGradients, $"{style.NormaliseGradients.Name} makes weights shares of the pull"),
            (Octaves, !adam, "it is for Adam and RMSprop, and the optimiser is L-BFGS"),
            (style.Cover, settings.Objective.StyleLoss != StyleLossKind.Neighbors && settings is { Polish: 0 } or { PolishKind: PolishKind.Splitting },
                $"it is for {style.Loss.Name} neighbors and {Polish.Name}"),
            (style.Turns, settings is { Polish: 0, Objective.StyleLoss: not (StyleLossKind.Neighbors or StyleLossKind.Hypercolumns) },
                $"it is for {style.Loss.Name} neighbors and hypercolumns, and {Polish.Name}"),
            (style.SoughtContent, settings.Objective.StyleLoss != StyleLossKind.Hypercolumns, $"it is for {style.Loss.Name} hypercolumns"),
            (style.Samples, !settings.IsSampled, $"it is for {style.Loss.Name} neighbors and transport and {style.ContentLoss.Name} cosine and self-similarity"),
            (style.MomentsWeight, settings.Objective.StyleLoss != StyleLossKind.GramMoments, $"it is for {style.Loss.Name} gram+moments"),
            (style.Tv, settings.Objective.TvWeight == 0, $"{TvWeight.Name} is 0"),
            .. new Option[] { style.Blend, style.Combine }.Select(o => (o, styles < 2, $"it is for several styles, and there is {(styles == 0 ? "none" : "one")}")),
            (Colours.BetweenScales, settings.Scales == 1, "there is one size"),
            .. new Option[] { place.Threads, place.Exact }.Select(o => (o, opened.Devices.Devices.All(d => d.Kind != DeviceKind.Simd), $"it is for the cpu device, and this is {opened.Devices.Name}")),
        ];
        return all.Where(o => o.Idle && parsed.GetResult(o.Option) is { Implicit: false }).Select(o => $"{o.Option.Name} changes nothing: {o.Why}.");
    }

    /// <summary>Files besides content and styles that a run reads; null where there is none.</summary>
    public IEnumerable<string?> Read(ParseResult parsed) => [.. Masks.Read(parsed), InitFile(parsed), .. place.Read(parsed), parsed.GetValue<string?>(SettingsFile.OptionName), recorded?.Picture];

    /// <summary>The picture that --init names, if it names one.</summary>
    public PictureInput? LoadInit(ParseResult parsed)
    {
        if (InitFile(parsed) is not { } init) return null;
        return init == "-" || File.Exists(init) ? Inputs.Open(init, 0) : throw new UserErrorException($"--init '{init}' is neither content, noise, style nor details, and there is no such file; check the name.");
    }

    string? InitFile(ParseResult parsed) => parsed.GetValue(Init) is { } init and not ("content" or "noise" or "style" or "details") ? init : null;

    /// <summary>The longest side that a style picture has before --style-scale; 0 for its own size.</summary>
    int StyleSizeOf(ParseResult parsed, StyleFile file, (int Width, int Height) result) => parsed.GetValue(StyleSize)
        ?? (PresetOf(parsed).StylesByShortSide ? ByShortSide(PictureFile.ReadSize(file.Path), result) : SizeOf(parsed));

    /// <summary>
    /// SPST's rule: a shorter side of more than 1.1 times the result's becomes the result's; a smaller picture keeps its size.
    /// </summary>
    static int ByShortSide((int Width, int Height) style, (int Width, int Height) result)
    {
        int shorter = Math.Min(style.Width, style.Height), wanted = Math.Min(result.Width, result.Height);
        return shorter > 1.1 * wanted ? (int)Math.Round((double)Math.Max(style.Width, style.Height) * wanted / shorter) : 0;
    }

    string StyleSizeName(ParseResult parsed, StyleFile file) => file.Scale != 1 ? (parsed.GetValue(artist.Stroke) is null ? style.Scale.Name : artist.Stroke.Name) : parsed.GetValue(StyleSize) is null ? Size.Name : StyleSize.Name;

    static string Listed(IReadOnlyList<LayerWeight> layers)
    {
        bool alike = layers.All(l => l.Weight == layers[0].Weight);
        string Weighted(LayerWeight l) => FormattableString.Invariant($"{l.Layer}:{l.Weight:g4}");
        return string.Join(',', layers.Select(l => alike || l.Weight == 1 ? l.Layer : Weighted(l)))
            + (alike && layers[0].Weight != 1 ? FormattableString.Invariant($", each {layers[0].Weight:g4}") : "");
    }

    /// <summary>Layers without a weight get the preset's for them, or for its first layer where it has them not.</summary>
    static IReadOnlyList<LayerWeight> WithWeights(LayerWeight[]? layers, IReadOnlyList<LayerWeight> preset) =>
        layers is null or [] ? preset : [.. layers.Select(l => double.IsNaN(l.Weight) ? l with { Weight = preset.Where(p => p.Layer == l.Layer).Append(preset[0]).First().Weight } : l)];
}
