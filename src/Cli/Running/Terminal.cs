using Spectre.Console;

namespace GpuStyle.Cli.Running;

/// <summary>Standard error, so that standard output carries results alone.</summary>
internal static class Terminal
{
    public static bool Interactive => !Console.IsErrorRedirected;

    /// <summary>One for the whole command: a line that is said while a progress bar is shown has to know of the bar.</summary>
    public static IAnsiConsole Error { get; private set; } = Make();

    static readonly HashSet<string> Said = [];

    /// <summary>A command begins, to which nothing has been said.</summary>
    public static void Begin()
    {
        Said.Clear();
        Error = Make();
    }

    static IAnsiConsole Make() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });

    /// <summary>A line beside the result, above a progress bar if there is one.</summary>
    public static void Say(string line)
    {
        if (Interactive) Error.WriteLine(line);
        else Console.Error.WriteLine(line);
    }

    /// <summary>A line that would be said several times, such as by each picture of a sheet.</summary>
    public static void SayOnce(string line)
    {
        if (Said.Add(line)) Say(line);
    }
}
