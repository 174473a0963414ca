using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli.Commands;

/// <summary>
/// <c>sheet</c>: the same transfer with one or two options varied, as rows and columns of one picture: the figures of the paper, and any
/// other.
/// </summary>
internal sealed class SheetCommand
{
    const int DefaultSize = 128, DefaultIterations = 30;

    readonly Argument<string> content = new("CONTENT") { Description = "the photograph" };
    readonly Argument<string[]> styles = new("STYLE") { Description = "the painting, or several, or a folder", Arity = ArgumentArity.OneOrMore };
    readonly Option<string[]> vary = new("--vary")
    {
        Description = "an option and its values, with commas between (or semicolons, if values have commas); twice for rows and columns. "
            + "style-layers, style-weight, init and content-layer alone are the paper's figures; an option that is one of a few words takes all of them [default: style-layers and style-weight]",
        HelpName = "OPTION[=V,...]",
        Arity = ArgumentArity.OneOrMore,
    };
    readonly Option<string?> output = new("--output", "-o") { Description = "the picture to write: .png .jpg .webp .tif .avif; -: a PNG on standard output", HelpName = "OUT", Required = true };
    readonly Option<bool> noSettings = OutputOptions.WithoutSettings();
    readonly Option<bool> quiet = new("--quiet") { Description = "no progress bar" };
    readonly Command command = new("sheet", $"paint CONTENT in the style of STYLE several times, with options varied, onto one sheet with labels; by default small and with {DefaultIterations} iterations");
    readonly RunOptions options;

    SheetCommand(Recorded? recorded)
    {
        options = new(DefaultSize, recorded, RunOptions.Gram);
    }

    public static Command Make(Recorded? recorded = null)
    {
        var sheet = new SheetCommand(recorded);
        sheet.command.Arguments.Add(sheet.content);
        sheet.command.Arguments.Add(sheet.styles);
        foreach (var option in new Option[] { sheet.vary, sheet.output, sheet.noSettings, sheet.quiet }) sheet.command.Options.Add(option);
        sheet.options.AddTo(sheet.command);
        sheet.command.SetAction(sheet.Run);
        return sheet.command;
    }

    int Run(ParseResult parsed)
    {
        var objective = options.Settings(parsed).Objective;
        string[] words = parsed.GetValue(vary) is { Length: > 0 } given ? given : ["style-layers", "style-weight"];
        if (words.Length > 2) throw new UserErrorException($"--vary is given {words.Length} times; a sheet has rows and columns alone: give it once or twice.");
        Variation[] varied = [.. words.Select(w => Variation.Parse(w, command, objective))];
        if (varied.Length == 2 && varied[0].Variants[0].Options[0].Option == varied[1].Variants[0].Options[0].Option) throw new UserErrorException($"--vary {varied[0].Title} is given twice; vary two different options.");
        Variation? rows = varied.Length == 2 ? varied[0] : null;
        var columns = varied[^1];
        // What is wrong with any cell is found before the first is painted.
        var jobs = (rows?.Variants ?? [new("")]).SelectMany(r => columns.Variants.Select(c => Cell(parsed, [.. r.Options, .. c.Options]))).ToList();
        string target = OutputPicture.Of(parsed.GetRequiredValue(output)!);
        var first = jobs[0];
        var (width, height) = LabelledGrid.SizeOf(jobs.Max(j => j.Size.Width), jobs.Max(j => j.Size.Height), rows?.Axis, columns.Axis);
        if (3L * width * height > Array.MaxLength) throw new UserErrorException($"--size: the sheet would be {width}x{height}; use a smaller one, or fewer values.");
        OutputPicture.Check(target, width, height);

        var cells = new Picture?[jobs.Count];
        bool interrupted = false;
        double seconds = 0;
        string place = "";
        RunRecord? record = null;
        var said = new HashSet<string>();
        for (int i = 0; i < jobs.Count && !interrupted;)
        {
            try
            {
                Paint(ref i);
            }
            // Memory, devices and weights can refuse a cell that nothing was wrong with; those that are painted are not lost for it.
            catch (Exception e) when (cells.Any(c => c is not null)
                && (e is UserErrorException or RequestException or OutOfMemoryException or OperationCanceledException or PictureException
                    or DeviceException or WeightsException or RunFailedException || DeviceFault.Describe(e) is not null))
            {
                interrupted = e is OperationCanceledException;
                (e as RunFailedException)?.Result.Dispose();
                if (!interrupted) Terminal.Say($"Picture {i + 1} of {jobs.Count} is left out: {DeviceFault.Describe(e) ?? e.Message}");
                i++;
            }
        }
        if (cells.All(c => c is null)) throw new OperationCanceledException();
        var sheet = LabelledGrid.Compose(cells, rows?.Axis, columns.Axis);
        OutputPicture.Save(target, PictureRows.Of(sheet), new() { Settings = parsed.GetValue(noSettings) ? null : Json.Line(record) });
        return OutputPicture.Announce(target, $"{target}: {cells.Count(c => c is not null)} pictures of {first.Size.Width}x{first.Size.Height}, {(rows is null ? "" : $"{rows.Title} down, ")}{columns.Title} across, in {RunProgress.Duration(seconds)} on {place}{(interrupted ? ", interrupted" : "")}", interrupted ? CommandTree.Interrupted : CommandTree.Done);

        // The cells from one on that compute at the same place, which they share.
        void Paint(ref int i)
        {
            string key = PlaceOf(jobs[i]);
            using var opened = options.Open(jobs[i].Parsed);
            opened.Begin();
            place = $"{opened.Devices.Name} with {opened.Weights.Source}";
            if (record is null)
            {
                record = Record(parsed, target, opened, varied, jobs);
                OutputPicture.Check(target, width, height, new() { Settings = Json.Line(record) });
                // What changes something in one cell is not idle.
                var idle = jobs.Select(j => options.Idle(j.Parsed, j.Settings, j.Styles.Length, opened))
                    .Aggregate((a, b) => a.Intersect(b));
                foreach (string line in SeveralPlaces(varied) ? [] : idle) Terminal.Say(line);
            }
            for (int begun = i; i < jobs.Count && !interrupted && PlaceOf(jobs[i]) == key && (i == begun || !Alone(jobs[i])); i++)
            {
                var job = jobs[i];
                foreach (string note in job.Masks.Notes)
                    if (said.Add(note)) Terminal.Say(note);
                using var result = RunProgress.Show(parsed.GetValue(quiet), show => job.Run(opened, job.Fit(opened), show));
                interrupted = result.Outcome == Outcome.Cancelled;
                seconds += result.Last?.Seconds ?? 0;
                if (result.Outcome == Outcome.Diverged)
                    Terminal.Say($"Picture {i + 1} of {jobs.Count}: the loss is no finite number any more, or every step has thrown it "
                        + $"far up, after {RunProgress.Iterations(result.Last)}; the best picture before is shown.");
                if (result.Last is not null || !interrupted) cells[i] = job.Finished(new(result.Width, result.Height, result.Picture.Read)).Whole();
            }
        }
    }

    /// <summary>The sheet's own command line with a cell's options instead of its own.</summary>
    TransferJob Cell(ParseResult parsed, (Symbol Option, string[] Words)[] varied)
    {
        var own = SettingsKeys.Of(command).Where(s => s != vary && varied.All(v => v.Option != s)).Select(s => (s, SettingsKeys.WordsOf(parsed, s))).Where(s => s.Item2 is not null).ToList();
        if (parsed.GetResult(options.Iterations) is null && varied.All(v => v.Option != options.Iterations)) own.Add((options.Iterations, [$"{DefaultIterations}"]));
        var given = own.Concat(varied.Select(v => (v.Option, (string[]?)v.Words))).ToLookup(s => s.Item1 is Option, s => SettingsKeys.ArgumentsFor(s.Item1, s.Item2!));
        var cell = CommandTree.Parse((RootCommand)parsed.RootCommandResult.Command, [command.Name, .. given[true].SelectMany(a => a), "--", .. given[false].SelectMany(a => a)]);
        if (ParseProblems.Find(cell) is { } problem) throw new UserErrorException($"--vary: {problem}");
        return TransferJob.Load(options, cell, options.Settings(cell), cell.GetRequiredValue(content), options.Styles(cell, cell.GetRequiredValue(styles)), parsed.GetRequiredValue(output)!, save: null);
    }

    /// <summary>Normalising changes the weights.</summary>
    bool Alone(TransferJob job) => job.Parsed.GetValue(options.Normalise);

    string PlaceOf(TransferJob job) => string.Join('\n', options.Place.Append(options.Normalise).Select(o => string.Join(',', SettingsKeys.WordsOf(job.Parsed, o) ?? [])));

    bool SeveralPlaces(Variation[] varied) => varied.Any(v => v.Sets(options.Place));

    RunRecord Record(ParseResult parsed, string target, Workplace place, Variation[] varied, List<TransferJob> jobs)
    {
        var chosen = options.Chosen(parsed, place);
        // Each of several places has its own.
        bool several = SeveralPlaces(varied);
        if (several)
            foreach (var option in options.Place) chosen.Remove(option);
        if (parsed.GetResult(options.Iterations) is null) chosen[options.Iterations] = $"{DefaultIterations}";
        if (jobs.Any(j => j.Settings.Init == InitKind.Noise)) chosen[options.Seed] = $"{options.Settings(parsed).Seed}";
        var record = RunRecord.Of(parsed, target, place, options.PresetOf(parsed), options.Settings(parsed), chosen);
        return several ? record with { WeightsHash = null } : record;
    }
}
