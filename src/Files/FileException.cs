namespace GpuStyle.Files;

/// <summary>A file that cannot be written or found. The message is one line: the file, what is wrong with it, what to do.</summary>
public sealed class FileException : Exception
{
    /// <summary>A problem with a file.</summary>
    /// <param name="path">The file, as it was named.</param>
    /// <param name="problem">What is wrong, without the file's name.</param>
    /// <param name="advice">What to do.</param>
    /// <param name="inner">What lies behind it.</param>
    public FileException(string path, string problem, string advice, Exception? inner = null)
        : base($"{path}: {problem}; {advice}", inner) => (Problem, Advice) = (problem, advice);

    /// <summary>What is wrong, without the file's name.</summary>
    public string Problem { get; }

    /// <summary>What to do.</summary>
    public string Advice { get; }
}
