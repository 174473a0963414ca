using System.Diagnostics;

namespace GpuStyle.Benchmarks;

/// <summary>A compiler that is a program of its own.</summary>
internal static class CompilerProcess
{
    /// <summary>Runs a program to its end in a folder and gives its exit code and all that it printed, errors last.</summary>
    /// <exception cref="ArgumentException">There is no such program.</exception>
    public static (int Code, string Output) Run(string program, IEnumerable<string> arguments, string folder)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + errors.Result);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new ArgumentException($"{program}: {e.Message}", e);
        }
    }

    /// <summary>Where a program lies on the path; null: nowhere.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Does some work in a folder of its own, which is deleted after it.</summary>
    public static T InFolder<T>(Func<string, T> work)
    {
        string folder = Directory.CreateTempSubdirectory("gpustyle-kernels").FullName;
        try
        {
            return work(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
