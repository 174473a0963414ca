using System.Diagnostics;
using System.Globalization;

namespace GpuStyle.Tests.Cli;

/// <summary>What a run of the program left behind: exit code, standard output, standard error.</summary>
sealed record Outcome(int Code, string Output, string Error)
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>The program, which the build puts beside the tests.</summary>
    static readonly string Program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "gpustyle.exe" : "gpustyle");

    /// <summary>Runs the program to its end, in a process that it shares with other tests' runs.</summary>
    public static Outcome Of(string folder, params IEnumerable<string> arguments) => CommandServer.Run(folder, arguments);

    /// <summary>Runs the program to its end in a process of its own.</summary>
    public static Outcome OfProcess(string folder, params IEnumerable<string> arguments) => Of(folder, _ => { }, arguments);

    /// <summary>Runs the program to its end in a process of its own, doing something with it meanwhile.</summary>
    public static Outcome Of(string folder, Action<Process> meanwhile, IEnumerable<string> arguments) => Of(folder, meanwhile, Program, arguments);

    /// <summary>Runs the program to its end with so much address space, in MB.</summary>
    public static Outcome WithAddressSpace(int megabytes, string folder, IEnumerable<string> arguments) =>
        Of(folder, _ => { }, "bash", ["-c", $"ulimit -v {megabytes * 1024}; exec \"$@\"", "bash", Program, .. arguments]);

    /// <summary>Runs a line of bash to its end in which "$@" is the program with its arguments.</summary>
    public static Outcome OfShell(string folder, string line, IEnumerable<string> arguments, Action<Process>? meanwhile = null) =>
        Of(folder, meanwhile ?? (_ => { }), "bash", ["-c", line, "bash", Program, .. arguments]);

    /// <summary>Runs the program to its end with variables in its environment.</summary>
    public static Outcome With(IReadOnlyDictionary<string, string> variables, string folder, IEnumerable<string> arguments) =>
        Of(folder, _ => { }, Program, arguments, variables);

    static Outcome Of(
        string folder, Action<Process> meanwhile, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? variables = null)
    {
        var start = StartOf(program, folder, arguments);
        foreach (var (name, value) in variables ?? new Dictionary<string, string>()) start.Environment[name] = value;
        using var process = Started(start);
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            meanwhile(process);
            Assert.True(process.WaitForExit(Limit), $"gpustyle {string.Join(' ', arguments)} did not end within {Limit}");
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        return new(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Held while a process is started: it inherits whatever handles may be inherited then.</summary>
    public static Lock Starting { get; } = new();

    static Process Started(ProcessStartInfo start)
    {
        lock (Starting) return Process.Start(start)!;
    }

    /// <summary>How a program is started for a test: nothing of this machine's takes part, no weights, no downloads.</summary>
    public static ProcessStartInfo StartOf(string program, string folder, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("GPUSTYLE_WEIGHTS");
        start.Environment["GPUSTYLE_CACHE"] = Path.Combine(folder, "cache");
        start.Environment["GPUSTYLE_OFFLINE"] = "1";
        // The shortest start counts here, not the fastest code.
        start.Environment["DOTNET_TieredPGO"] = "0";
        return start;
    }

    /// <summary>Waits until something has come true, for a program that runs for ever.</summary>
    public static void Await(Process process, Func<bool> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!process.HasExited && !condition())
        {
            Assert.True(watch.Elapsed < Limit, "what the test waits for does not happen");
            Thread.Sleep(5);
        }
    }

    /// <summary>As kill does.</summary>
    public static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>The lines of standard error.</summary>
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The one line of standard output, nothing else having been said.</summary>
    public string Line()
    {
        Assert.True(Code == 0, $"exit code {Code}: {Error}");
        Assert.Equal("", Error);
        return Assert.Single(Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>One line on standard error that holds all these words, exit code 1, nothing on standard output.</summary>
    public void Refused(params string[] words) => Ended(1, words);

    /// <summary>The same of what failed while running, exit code 2.</summary>
    public void Failed(params string[] words) => Ended(2, words);

    void Ended(int code, string[] words)
    {
        Assert.True(Code == code, $"exit code {Code}: {Error}{Output}");
        Assert.Equal("", Output);
        string line = Assert.Single(ErrorLines);
        Assert.StartsWith("gpustyle: ", line);
        foreach (string word in words) Assert.Contains(word, line);
    }
}
