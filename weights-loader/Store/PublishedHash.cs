using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace GpuStyle.WeightsLoader;

/// <summary>The kinds of hash under which publishers give their weight files.</summary>
public enum HashKind
{
    /// <summary>SHA-256.</summary>
    Sha256,

    /// <summary>SHA-1: tells files apart, proves nothing against someone who wants to deceive.</summary>
    Sha1,

    /// <summary>MD5: as SHA-1.</summary>
    Md5,
}

/// <summary>A hash as a publisher gives it.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Hex">In lower case; shorter than the kind's length where only the beginning is published (in a file's name).</param>
public sealed record PublishedHash(HashKind Kind, string Hex)
{
    /// <summary>Whether the whole hash is known.</summary>
    public bool IsWhole => Hex.Length == Kind switch { HashKind.Sha256 => 64, HashKind.Sha1 => 40, _ => 32 };

    /// <summary>Whether a file's hash, in lower-case hexadecimal, is this one as far as it is known.</summary>
    public bool Matches(string hex) => Hex.Length > 0 && hex.StartsWith(Hex, StringComparison.Ordinal);

    /// <summary>Whether a file's whole hash is this one as far as it is known.</summary>
    public bool Matches(PublishedHash whole) => whole.Kind == Kind && Matches(whole.Hex);

    /// <summary>Such as <c>SHA-256 dcbb9e9d...</c>.</summary>
    public override string ToString() =>
        $"{Kind switch { HashKind.Sha256 => "SHA-256", HashKind.Sha1 => "SHA-1", _ => "MD5" }} {Hex}{(IsWhole ? "" : "...")}";

    /// <summary>A fresh computation of a hash of this kind.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "Some publishers give SHA-1 only; it identifies their files.")]
    [SuppressMessage("Security", "CA5351", Justification = "Some publishers give MD5 only; it identifies their files.")]
    internal static IncrementalHash Start(HashKind kind) => IncrementalHash.CreateHash(kind switch
    {
        HashKind.Sha256 => HashAlgorithmName.SHA256,
        HashKind.Sha1 => HashAlgorithmName.SHA1,
        _ => HashAlgorithmName.MD5,
    });
}
