using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace GpuStyle.Benchmarks;

/// <summary>A total that a program printed.</summary>
/// <param name="Number">The evaluation's or the iteration's, as it says.</param>
/// <param name="Total">The total.</param>
/// <param name="Seconds">Of its own turns until then.</param>
internal sealed record Reached(int Number, double Total, double Seconds);

/// <summary>A shell command that runs in turns and stands still between them, with all processes that it starts (Unix).</summary>
internal sealed class Racer(string command) : IDisposable
{
    readonly Stopwatch own = new();
    readonly List<Reached> totals = [];
    Process? process;

    /// <summary>What it has printed.</summary>
    public IReadOnlyList<Reached> Totals => totals;

    /// <summary>Whether it has ended by itself.</summary>
    public bool Ended { get; private set; }

    /// <summary>Lets it run for so long, or until it ends.</summary>
    /// <exception cref="PeerException">It cannot be run, or fails.</exception>
    public void Turn(TimeSpan length)
    {
        if (Ended) return;
        own.Start();
        if (process is null) Start();
        else Signal("CONT");
        if (process!.WaitForExit(length))
        {
            // All lines have been read once this returns.
            process.WaitForExit();
            Ended = true;
            if (process.ExitCode != 0) throw new PeerException($"'{command}' failed with exit code {process.ExitCode}.");
        }
        else Signal("STOP");
        own.Stop();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (process is { HasExited: false }) Signal("KILL");
        process?.Dispose();
    }

    /// <summary>The evaluation's number and the total of a line, if it has these.</summary>
    internal static (int Number, double Total)? Parse(string line)
    {
        if (line.StartsWith('{'))
        {
            try
            {
                var json = JsonDocument.Parse(line).RootElement;
                return json.TryGetProperty("iteration", out var number) && json.TryGetProperty("total", out var total) ? (number.GetInt32(), total.GetDouble()) : null;
            }
            catch (JsonException)
            {
                return null;
            }
        }
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 1 && int.TryParse(words[0], CultureInfo.InvariantCulture, out int first) && double.TryParse(words[1], CultureInfo.InvariantCulture, out double second) ? (first, second) : null;
    }

    /// <summary>In a session of its own, so that a signal reaches all of its processes and none of ours.</summary>
    void Start()
    {
        try
        {
            process = Process.Start(new ProcessStartInfo("setsid", ["sh", "-c", command]) { RedirectStandardOutput = true })!;
        }
        catch (Win32Exception)
        {
            throw new PeerException("There is no 'setsid' here, by which programs are stopped and go on: a race is for Linux.");
        }
        process.OutputDataReceived += (_, e) =>
        {
            if (e.Data is { } line && Parse(line) is var (number, total)) totals.Add(new(number, total, own.Elapsed.TotalSeconds));
        };
        process.BeginOutputReadLine();
    }

    void Signal(string signal)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{signal} -{process!.Id}"]);
        kill.WaitForExit();
    }
}
