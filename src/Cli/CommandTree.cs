using System.CommandLine;
using GpuStyle.Cli.Commands;
using GpuStyle.Cli.Commands.Weights;
using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli;

/// <summary>The commands, and what an exit code means: 0 done, 1 a wrong argument or input, 2 failed while running, 130 interrupted.</summary>
internal static class CommandTree
{
    public const int Done = 0, WrongInput = 1, Failed = 2, Interrupted = 130;

    /// <summary>Runs a command line. Whatever goes wrong is one line on standard error.</summary>
    public static int Run(string[] args)
    {
        SettingsFile? file = null;
        try
        {
            var root = Root();
            var parsed = Parse(root, args);
            (args, file) = SettingsFile.Join(args, parsed);
            if (file is not null) parsed = Parse(root, args);
            if (ParseProblems.Find(parsed) is { } problem) return Wrong(problem);
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            return Report(Interrupted, "interrupted before there was a result");
        }
        catch (Exception e) when ((e as OutOfMemoryException ?? e.InnerException as OutOfMemoryException) is { } lack) // a thread that cannot start wraps it
        {
            return Report(Failed, $"out of memory: {lack.Message} Use a smaller --size, a shorter --history or --optimizer adam; 'gpustyle plan' tells what a run needs.");
        }
        catch (Exception e) when (DeviceFault.Describe(e) is { } fault)
        {
            return Report(Failed, fault);
        }
        catch (Exception e) when (e is UserErrorException or PictureException or WeightsException or IOException or UnauthorizedAccessException
            || (e is ArgumentException and not (ArgumentNullException or ArgumentOutOfRangeException)))
        {
            return Wrong(e.Message);
        }
        catch (Exception e) when (Environment.GetEnvironmentVariable("GPUSTYLE_DEBUG") is null)
        {
            return Report(Failed, $"{e.GetType().Name}: {e.Message} (set GPUSTYLE_DEBUG=1 to see where)");
        }

        int Wrong(string message) => Report(WrongInput, file?.Blame(message) ?? message);
    }

    /// <summary>Every command.</summary>
    public static RootCommand Root() => new("Neural style transfer: a photograph and a painting go in, a picture comes out.")
    {
        TransferCommand.Transfer(), TransferCommand.Texture(), TransferCommand.Reconstruct(), EvaluateCommand.Make(), PlanCommand.Make(),
        DemoCommand.Make(), BenchCommand.Make(), SettingsCommand.Make(), DevicesCommand.Make(), WeightsCommand.Make(),
    };

    // A file's name may begin with an @.
    public static ParseResult Parse(RootCommand root, string[] args) => root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });

    static int Report(int code, string message)
    {
        Console.Error.WriteLine("gpustyle: " + string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
        return code;
    }
}
