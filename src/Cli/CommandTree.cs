using System.CommandLine;
using GpuStyle.Cli.Commands;
using GpuStyle.Cli.Commands.Weights;
using GpuStyle.Cli.Running;

namespace GpuStyle.Cli;

/// <summary>
/// The commands, and what an exit code means: 0 done, 1 a wrong argument or input, 2 failed while running, 130 interrupted.
/// </summary>
internal static class CommandTree
{
    public const int Done = 0, WrongInput = 1, Failed = 2, Interrupted = 130;

    /// <summary>Runs a command line. Whatever goes wrong is one line on standard error.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="recorded">The run that is run again, whose options are added to it.</param>
    public static int Run(string[] args, Recorded? recorded = null)
    {
        if (recorded is null) Terminal.Begin();
        int code;
        try
        {
            code = Invoke(args, recorded);
        }
        finally
        {
            HeldFiles.ReleaseAll();
        }
        // A command that saves something has said so by now: what is left is what another was asked for. A reader that has gone has enough.
        return StandardStreams.Flush() is { BrokenPipe: false } failure && code == Done
            ? Report(Failed, $"standard output cannot be written ({failure.Reason}); send it to a file or a program that takes it.")
            : code;
    }

    static int Invoke(string[] args, Recorded? recorded)
    {
        SettingsFile? file = recorded?.Values;
        try
        {
            var root = Root(recorded);
            var parsed = Parse(root, args);
            if (ParseProblems.Lacking(parsed, args) is { } lacking) return Wrong(lacking);
            if (file is not null) args = file.Join(parsed, args);
            else (args, file) = SettingsFile.Join(args, parsed);
            if (file is not null) parsed = Parse(root, args);
            if (ParseProblems.Find(parsed) is { } problem) return Wrong(problem);
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (Failures.Of(e) is { } failure)
        {
            return failure.Code == WrongInput ? Wrong(failure.Line) : Report(failure.Code, failure.Line);
        }

        int Wrong(string message) => Report(WrongInput, file?.Blame(message) ?? message);
    }

    /// <summary>Every command.</summary>
    /// <param name="recorded">The run that is run again, for those that make pictures.</param>
    public static RootCommand Root(Recorded? recorded = null)
    {
        Command[] making =
        [
            TransferCommand.Transfer(recorded), TransferCommand.Texture(recorded), TransferCommand.Reconstruct(recorded),
            SheetCommand.Make(recorded), DemoCommand.Make(recorded),
        ];
        return new("Neural style transfer: a photograph and a painting go in, a picture comes out.")
        {
            making[0], making[1], making[2], EvaluateCommand.Make(), PlanCommand.Make(), making[3], making[4],
            ReplayCommand.Make(making), BenchCommand.Make(), SettingsCommand.Make(), DevicesCommand.Make(), WeightsCommand.Make(),
        };
    }

    // A file's name may begin with an @.
    public static ParseResult Parse(RootCommand root, string[] args) =>
        root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });

    static int Report(int code, string message)
    {
        const StringSplitOptions Words = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        Console.Error.WriteLine("gpustyle: " + string.Join(' ', message.Split(['\r', '\n'], Words)));
        return code;
    }
}
