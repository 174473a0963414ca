using GpuStyle.Files;

namespace GpuStyle.WeightsLoader;

/// <summary>A known file's way into the cache folder without a network: copied, and its hash computed from what was written.</summary>
static class WeightImport
{
    const int Piece = 1 << 20;

    public static async Task<(string Path, PublishedHash Hash)> RunAsync(KnownWeightFile known, string path, string folder, CancellationToken cancellation)
    {
        var expected = known.Hash ?? throw new WeightsException(
            $"weights get: no hash of {known.Name} is published, so {Text.Printable(path)} cannot be told to be it: name the file with --weights, or copy it to {Text.Printable(Path.Combine(folder, WeightStore.Own))}.");
        using var source = InputFile.Open(path);
        if (known.Bytes is { } bytes && bytes != source.Length)
            throw source.Problem($"is not {known.Name}: it has {source.Length} bytes instead of {bytes}; get it again");
        string target = Path.Combine(folder, known.FileName);
        if (FilePlace.Same(path, target)) throw source.Problem("lies in the cache folder already: 'weights inspect' checks its hash");
        try
        {
            Directory.CreateDirectory(folder);
            using var held = await FolderLock.TakeAsync(target + ".lock", () => { }, cancellation).ConfigureAwait(false);
            InputFile.Write(target, stream => Copy(source, stream, known, expected, cancellation));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw InputFile.Problem(target, InputFile.Cannot("be written", e), e);
        }
        return (target, expected);
    }

    static void Copy(InputFile source, Stream target, KnownWeightFile known, PublishedHash expected, CancellationToken cancellation)
    {
        using var hash = PublishedHash.Start(expected.Kind);
        var buffer = new byte[Math.Min(Piece, source.Length)];
        for (long at = 0; at < source.Length; at += buffer.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, source.Length - at));
            source.Read(part, at);
            hash.AppendData(part);
            target.Write(part);
        }
        var found = new PublishedHash(expected.Kind, Convert.ToHexStringLower(hash.GetHashAndReset()));
        if (!expected.Matches(found)) throw source.Problem($"is not {known.Name}: its hash is {found} instead of {expected}; get it again");
    }
}
