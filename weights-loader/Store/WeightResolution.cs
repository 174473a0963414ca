namespace GpuStyle.WeightsLoader;

/// <summary>Where a run's weights come from.</summary>
public enum WeightOrigin
{
    /// <summary>The file that <c>--weights</c> names.</summary>
    Argument,

    /// <summary>The file that <c>GPUSTYLE_WEIGHTS</c> names.</summary>
    Environment,

    /// <summary>A file in the cache folder.</summary>
    Cache,

    /// <summary>A file that was downloaded just now.</summary>
    Download,

    /// <summary>No file: the caller takes the built-in network.</summary>
    BuiltIn,
}

/// <summary>What the search for weights came to.</summary>
/// <param name="Origin">Where they come from.</param>
/// <param name="Path">The file to load; null for <see cref="WeightOrigin.BuiltIn"/>.</param>
/// <param name="Notice">One line to show: why there is no file. Null when there is one, and when the built-in network was asked for.</param>
public sealed record WeightResolution(WeightOrigin Origin, string? Path, string? Notice);
