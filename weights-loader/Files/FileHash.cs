namespace GpuStyle.WeightsLoader;

/// <summary>Hashes of whole files.</summary>
static class FileHash
{
    const int Piece = 1 << 20;

    /// <summary>The asked kinds in one reading, in lower-case hexadecimal.</summary>
    public static Dictionary<HashKind, string> Compute(InputFile file, IReadOnlyCollection<HashKind> kinds)
    {
        var hashes = kinds.ToDictionary(kind => kind, PublishedHash.Start);
        try
        {
            var buffer = new byte[Math.Min(Piece, file.Length)];
            for (long at = 0; at < file.Length; at += buffer.Length)
            {
                var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, file.Length - at));
                file.Read(part, at);
                foreach (var hash in hashes.Values) hash.AppendData(part);
            }
            return hashes.ToDictionary(pair => pair.Key, pair => Convert.ToHexStringLower(pair.Value.GetHashAndReset()));
        }
        finally
        {
            foreach (var hash in hashes.Values) hash.Dispose();
        }
    }
}
