using System.Security.Cryptography;
using System.Text;

namespace GpuStyle.Kernels;

/// <summary>
/// A text that is kept in a file of a cache folder under a key of one line. What cannot be read is not there, and what cannot be written is
/// made again next time.
/// </summary>
internal static class CacheFile
{
    /// <summary>A file of a kind that was written so long ago goes when another of its kind is written.</summary>
    static readonly TimeSpan Old = TimeSpan.FromDays(90);

    /// <summary>Where the text of a key is.</summary>
    public static string Place(string folder, string kind, string key) => Path.Combine(folder, $"{kind}-{Hash(key)[..16]}.txt");

    /// <summary>The text that was written under a key, or null.</summary>
    public static string? Read(string path, string key)
    {
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Split('\n', 2) is [var own, var text] && own == key ? text : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Writes a text, as a whole or not at all.</summary>
    public static void Write(string path, string key, string text)
    {
        try
        {
            var folder = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            string written = $"{path}.{Environment.ProcessId}", kind = Path.GetFileName(path).Split('-')[0];
            File.WriteAllText(written, $"{key}\n{text}");
            File.Move(written, path, overwrite: true);
            foreach (var file in folder.GetFiles($"{kind}-*"))
                if (DateTime.UtcNow - file.LastWriteTimeUtc > Old) file.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is made again next time.
        }
    }

    /// <summary>SHA-256 in hexadecimal digits.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
