namespace GpuStyle.WeightsLoader;

/// <summary>How downloads behave.</summary>
public sealed record DownloadOptions
{
    /// <summary>How long a connection may take, name look-up included; short, so that a machine without a network is not kept waiting.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a server may take to begin its answer.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a server may send nothing in the middle of a file.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often a connection that was cut is taken up again by itself, so long as each attempt brings something.</summary>
    public int Resumptions { get; init; } = 5;

    /// <summary>How long to wait before a cut connection is taken up again.</summary>
    public TimeSpan ResumptionDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Takes a file for which neither the table nor the publisher's server gives a hash. Off unless a user insists.</summary>
    public bool AllowUnverified { get; init; }
}
