namespace GpuStyle.WeightsLoader;

/// <summary>Where a <see cref="WeightStore"/> looks, and what it may do.</summary>
public sealed record WeightStoreOptions
{
    /// <summary>The cache folder; null: <c>GPUSTYLE_CACHE</c>, else the user's cache folder for this program.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>Forbids downloads, as <c>GPUSTYLE_OFFLINE=1</c> does.</summary>
    public bool Offline { get; init; }

    /// <summary>Receives one line before a download begins: nothing large is fetched in silence.</summary>
    public Action<string>? Announce { get; init; }

    /// <summary>How downloads behave.</summary>
    public DownloadOptions Download { get; init; } = new();

    /// <summary>The files that go by a name, the one that is downloaded by itself first.</summary>
    public IReadOnlyList<KnownWeightFile> Known { get; init; } = KnownWeights.All;

    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;
}
