using System.ComponentModel;
using System.Diagnostics;

namespace GpuStyle.Tests;

/// <summary>Programs of the system that a test prepares something with.</summary>
static class Tool
{
    /// <summary>Runs one to its end. Code 127 where there is no such program.</summary>
    public static (int Code, string Output) Run(string program, params IEnumerable<string> arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + errors.Result);
        }
        catch (Win32Exception)
        {
            return (127, "");
        }
    }
}
