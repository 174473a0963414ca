namespace GpuStyle.WeightsLoader;

/// <summary>A published weight file.</summary>
/// <param name="Name">The name for <c>--weights</c> and <c>weights get</c>.</param>
/// <param name="FileName">Its name in the cache folder.</param>
/// <param name="Publisher">Who publishes it.</param>
/// <param name="Addresses">Where to download it: the publisher's address first, then mirrors. Empty when none is known to work.</param>
/// <param name="Container">How it is stored, such as <c>safetensors</c>.</param>
/// <param name="Licence">Its licence, or "not stated".</param>
/// <param name="Note">What sets it apart: training, input, names.</param>
public sealed record KnownWeightFile(
    string Name, string FileName, string Publisher, IReadOnlyList<Uri> Addresses, string Container, string Licence, string Note)
{
    /// <summary>Length in bytes; null where the exact length is not known here.</summary>
    public long? Bytes { get; init; }

    /// <summary>The published hash; null where none is known here.</summary>
    public PublishedHash? Hash { get; init; }

    /// <summary>
    /// The header in which the publisher's server names the file's SHA-256 (Hugging Face: <c>X-Linked-ETag</c>), or null. It is
    /// believed only from the host of the first address.
    /// </summary>
    public string? HashHeader { get; init; }

    /// <summary>Whether it can be downloaded: from somewhere, and with something to check it by.</summary>
    public bool IsDownloadable => Addresses.Count > 0 && (Hash is not null || HashHeader is not null);

    /// <summary>Whether this version reads the container.</summary>
    public bool IsReadable => TensorFiles.Containers.Contains(Container);
}
