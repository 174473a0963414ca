namespace GpuStyle.Imaging;

/// <summary>A picture that cannot be read or written. The message is one line, names the file and says what to do.</summary>
public sealed class PictureException : Exception
{
    /// <summary>A message of one line.</summary>
    public PictureException(string message) : base(message) { }

    /// <summary>A message of one line, and what lies behind it.</summary>
    public PictureException(string message, Exception inner) : base(message, inner) { }

    /// <summary>Whether the file holds no picture at all, as far as can be told, rather than one that cannot be read.</summary>
    public bool IsNoPicture { get; internal init; }
}
