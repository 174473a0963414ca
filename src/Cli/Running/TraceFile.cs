using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>One JSON object a line for each iteration of a run.</summary>
internal sealed class TraceFile : IDisposable
{
    readonly StreamWriter? writer;

    /// <summary>Opens the file at once, so that a wrong path is known before the run; null writes nothing.</summary>
    public TraceFile(string? path)
    {
        if (path is null) return;
        try
        {
            writer = new StreamWriter(path) { AutoFlush = true };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"--trace {path}: cannot be written ({e.Message.TrimEnd('.')}); choose a file in a folder that exists.");
        }
    }

    public void Write(Iterate iterate) => writer?.WriteLine(Json.Line(new
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
    }));

    public void Dispose() => writer?.Dispose();
}
