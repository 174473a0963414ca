using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace GpuStyle.Benchmarks;

/// <summary>Another program that times evaluations of its own: a command for the shell with places for what is to be measured.</summary>
/// <param name="template">E.g. <c>bench.sh {width} {height} {evaluations} {threads}</c>.</param>
internal sealed partial class Peer(string template)
{
    /// <summary>Runs it and returns the milliseconds of one evaluation that it prints.</summary>
    /// <exception cref="PeerException">It cannot be run, fails, or prints no such figure.</exception>
    public double Milliseconds(int width, int height, int evaluations, int threads)
    {
        string command = template.Replace("{width}", Text(width), StringComparison.Ordinal).Replace("{height}", Text(height), StringComparison.Ordinal)
            .Replace("{evaluations}", Text(evaluations), StringComparison.Ordinal).Replace("{threads}", Text(threads), StringComparison.Ordinal);
        try
        {
            using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardOutput = true })!;
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0) throw new PeerException($"{command} ended with {process.ExitCode}");
            return Find(output) ?? throw new PeerException($"{command} printed no milliseconds: {output.Trim()}");
        }
        catch (Win32Exception e)
        {
            throw new PeerException($"{command} cannot be run: {e.Message}");
        }
    }

    /// <summary>The first value whose name has <c>ms</c> in it as a word, as in <c>"evaluation_ms_median": 12.5</c>, else the first number before <c>ms</c>.</summary>
    internal static double? Find(string output)
    {
        var match = Named().Match(output);
        if (!match.Success) match = Unit().Match(output);
        return match.Success && double.TryParse(match.Groups[1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value > 0 ? value : null;
    }

    static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("""(?:\b|_)ms(?:_\w*)?"?\s*[:=]\s*([0-9.eE+-]+)""")]
    private static partial Regex Named();

    [GeneratedRegex("""([0-9]+(?:\.[0-9]+)?)\s*ms\b""")]
    private static partial Regex Unit();
}

/// <summary>A peer that gives no figure.</summary>
internal sealed class PeerException(string message) : Exception(message);
