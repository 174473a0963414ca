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
    /// writes nothing.
    /// </summary>
    public TraceFile(string? path)
    {
        if (path is null) return;
        this.path = path;
        try
        {
            string real = RealPath.Of(path);
            bool there = File.Exists(real);
            var stream = Standard(real) ?? new FileStream(real, there ? FileMode.Open : FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);
            writer = new StreamWriter(stream) { AutoFlush = true };
            if (!there) created = FilePlace.Of(real);
        }
        catch (FileException e)
        {
            throw new UserErrorException($"--trace {path}: cannot be written ({e.Problem}); {e.Advice}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UserErrorException($"--trace {path}: cannot be written ({e.Message.TrimEnd('.')}); choose a file in a folder that exists.");
        }
    }

    /// <summary>
    /// Standard output or standard error, where Linux's name for it is given: a file that it goes to has other lines, which stay.
    /// </summary>
    static Stream? Standard(string real) => real == $"/proc/{Environment.ProcessId}/fd/1" ? Console.OpenStandardOutput()
        : real == $"/proc/{Environment.ProcessId}/fd/2" ? Console.OpenStandardError()
        : null;

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
