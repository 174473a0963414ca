using GpuStyle.Files;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>One JSON object a line for each iteration of a run, and one with "closing" for what each size ends with.</summary>
internal sealed class TraceFile : IDisposable
{
    readonly string? path;
    readonly FilePlace? created;
    readonly StreamWriter? writer;
    bool begun, broken;

    /// <summary>
    /// Opens the file at once, so that a wrong path is known before the run; what it holds is replaced by the first iteration. Null
    /// writes nothing; - is standard output.
    /// </summary>
    public TraceFile(string? path)
    {
        if (path is null) return;
        this.path = path;
        try
        {
            bool standard = IsStandardOutput(path);
            if (standard && StandardStreams.IsClosed)
                throw new UserErrorException($"--trace {path}: standard output is closed; send it to a file or a program, or name a file.");
            string real = RealPath.Of(path);
            bool there = standard || File.Exists(real);
            var stream = standard ? Console.OpenStandardOutput() : IsStandardError(real) ? Console.OpenStandardError()
                : new FileStream(real, there ? FileMode.Open : FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);
            writer = new StreamWriter(stream) { AutoFlush = true };
            if (!there) created = FilePlace.Of(real);
        }
        catch (FileException e)
        {
            throw new UserErrorException($"--trace {path}: cannot be written ({e.Problem}); {e.Advice}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UserErrorException(
                $"--trace {path}: cannot be written ({e.Message.TrimEnd('.')}); choose a file that can be written, in a folder that exists.");
        }
    }

    /// <summary>
    /// Whether a word means standard output: - or any of the system's names for it, through links. A file that standard output goes to has
    /// other lines, which stay.
    /// </summary>
    public static bool IsStandardOutput(string? path) =>
        path is not null && (OutputPicture.IsStandard(path) || Real(path) is { } real && IsDescriptor(real, 1));

    /// <summary>Whether a path without links is Linux's name for standard error.</summary>
    static bool IsStandardError(string real) => IsDescriptor(real, 2);

    static bool IsDescriptor(string real, int number) => real == $"/proc/{Environment.ProcessId}/fd/{number}";

    /// <summary>A path without links; null for what is no path, which opening it tells.</summary>
    static string? Real(string path)
    {
        try
        {
            return RealPath.Of(path);
        }
        catch (FileException)
        {
            return null;
        }
    }

    /// <summary>Adds an iteration. A disk that is full ends the trace, not the run.</summary>
    public void Write(Iterate iterate)
    {
        if (writer is null || broken) return;
        try
        {
            if (!begun && writer.BaseStream.CanSeek) writer.BaseStream.SetLength(0);
            begun = true;
            writer.WriteLine(Json.Line(new
            {
                iterate.Iteration,
                iterate.Scale,
                iterate.Width,
                iterate.Height,
                iterate.Losses.Total,
                iterate.Losses.Content,
                iterate.Losses.Style,
                iterate.Losses.Tv,
                iterate.Losses.Color,
                iterate.Seconds,
                iterate.Closing,
            }));
        }
        catch (IOException e)
        {
            broken = true;
            Terminal.Say($"--trace {path}: ends at iteration {iterate.Iteration - 1} ({e.Message.TrimEnd('.')}); the run goes on.");
        }
    }

    /// <summary>Closes the file; one that was made here and got no iteration goes again.</summary>
    public void Dispose()
    {
        try
        {
            writer?.Dispose();
            if (!begun && created is not null && FilePlace.Of(created.Path).Same(created)) File.Delete(created.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FileException)
        {
            // What could not be written was said when it happened.
        }
    }
}
