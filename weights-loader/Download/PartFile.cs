using System.Security.Cryptography;
using System.Text.Json;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// A download that is not whole yet: <c>NAME.part</c>, and beside it <c>NAME.part.json</c> with what is needed to go on later -
/// the address, the server's ETag, the expected hash and length. Where the two do not fit together, it begins again from zero.
/// </summary>
sealed class PartFile : IDisposable
{
    readonly FileStream stream;
    readonly string note;
    readonly HashKind kind;
    IncrementalHash? hash;

    PartFile(string path, HashKind kind)
    {
        (Path, this.kind) = (path, kind);
        this.note = path + ".json";
        stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        Origin = ReadNote(this.note);
        if (Origin is null || (Origin.Total is { } total && stream.Length > total)) Restart(null);
    }

    /// <summary>Where the bytes so far come from.</summary>
    public sealed record Source(string Address, string? ETag, PublishedHash? Hash, long? Total);

    public string Path { get; }

    /// <summary>Bytes so far.</summary>
    public long Length => stream.Length;

    /// <summary>Where they come from; null when there are none.</summary>
    public Source? Origin { get; private set; }

    /// <summary>Opens or begins a part, whose hash will be of that kind.</summary>
    public static PartFile Open(string path, HashKind kind) => new(path, kind);

    static Source? ReadNote(string note)
    {
        try
        {
            return JsonSerializer.Deserialize<Source>(File.ReadAllText(note));
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Throws away what is here; what follows comes from <paramref name="origin"/>.</summary>
    public void Restart(Source? origin)
    {
        stream.SetLength(0);
        stream.Position = 0;
        this.hash?.Dispose();
        this.hash = null;
        SetOrigin(origin);
    }

    /// <summary>Keeps what is here; what follows comes from <paramref name="origin"/>.</summary>
    public void SetOrigin(Source? origin)
    {
        if (Equals(origin, Origin)) return;
        Origin = origin;
        if (origin is null) File.Delete(this.note);
        else File.WriteAllText(this.note, JsonSerializer.Serialize(origin));
    }

    /// <summary>Adds bytes at the end.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var hash = Begun();
        stream.Write(bytes);
        hash.AppendData(bytes);
    }

    /// <summary>The hash of all that is here.</summary>
    public PublishedHash Hash() => new(this.kind, Convert.ToHexStringLower(Begun().GetCurrentHash()));

    /// <summary>The hash so far; begun by reading what an earlier attempt left. Leaves the stream at its end.</summary>
    IncrementalHash Begun()
    {
        if (this.hash is not null) return this.hash;
        var hash = PublishedHash.Start(this.kind);
        var buffer = new byte[1 << 20];
        stream.Position = 0;
        for (int read; (read = stream.Read(buffer)) > 0;) hash.AppendData(buffer.AsSpan(0, read));
        return this.hash = hash;
    }

    /// <summary>Makes the part the whole file. Only <see cref="Dispose"/> may follow.</summary>
    public void MoveTo(string path)
    {
        stream.Flush(flushToDisk: true);
        stream.Dispose();
        File.Move(Path, path, overwrite: true);
        File.Delete(this.note);
    }

    /// <summary>Removes the part. Only <see cref="Dispose"/> may follow.</summary>
    public void Delete()
    {
        stream.Dispose();
        File.Delete(Path);
        File.Delete(this.note);
    }

    public void Dispose()
    {
        stream.Dispose();
        this.hash?.Dispose();
    }
}
