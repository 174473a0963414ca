using System.Security.Cryptography;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Known files that come from this machine: <c>weights get NAME --from FILE</c>.</summary>
public sealed class WeightImportTests : IDisposable
{
    static readonly byte[] Content = [.. Enumerable.Range(0, 3_000_001).Select(i => (byte)(i * i))];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Source => folder.Add("downloaded elsewhere", Content);

    [Theory]
    [InlineData(HashKind.Sha256, 64)]
    [InlineData(HashKind.Sha256, 8)]
    [InlineData(HashKind.Sha1, 40)]
    [InlineData(HashKind.Md5, 32)]
    public async Task The_right_file_is_copied_under_its_name(HashKind kind, int digits)
    {
        var (path, hash) = await Import(Source, new PublishedHash(kind, Hex(kind)[..digits]));
        Assert.Equal(folder["cache/known.bin"], path);
        Assert.Equal(digits, hash.Hex.Length);
        Assert.Equal(Content, File.ReadAllBytes(path));
        Assert.Equal(["known.bin", "known.bin.lock"], Directory.GetFiles(folder["cache"]).Select(Path.GetFileName).Order());
        await Import(Source, new PublishedHash(kind, Hex(kind))); // replaced by the same
    }

    [Fact]
    public async Task Another_file_is_refused_and_the_cache_stays_as_it_was()
    {
        var right = new PublishedHash(HashKind.Md5, Hex(HashKind.Md5));
        await Import(Source, right);
        byte[] changed = [.. Content];
        changed[1_500_000] ^= 1;
        await Refused(folder.Add("changed", changed), right, "is not known: its hash is MD5 ", $"instead of {right}");
        await Refused(folder.Add("short", Content.AsSpan(0, 3_000_000)), right, "it has 3000000 bytes instead of 3000001");
        await Refused(Source, null, "no hash of known is published", "--weights");
        await Refused(folder["none"], right, "none", "does not exist");
        await Refused(folder["cache/known.bin"], right, "lies in the cache folder already");
        Assert.Equal(Content, File.ReadAllBytes(folder["cache/known.bin"]));
        Assert.Equal(2, Directory.GetFiles(folder["cache"]).Length);
    }

    async Task Refused(string source, PublishedHash? hash, params string[] expected)
    {
        string message = (await Assert.ThrowsAsync<WeightsException>(() => Import(source, hash))).Message;
        Assert.All(expected, part => Assert.Contains(part, message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', message);
    }

    Task<(string Path, PublishedHash Hash)> Import(string source, PublishedHash? hash) => new WeightStore(new WeightStoreOptions
    {
        CacheFolder = folder["cache"],
        Known = [new("known", "known.bin", "tests", [], "safetensors", "none", "a note") { Hash = hash, Bytes = Content.Length }],
    }).ImportAsync("known", source, TestContext.Current.CancellationToken);

    static string Hex(HashKind kind) => Convert.ToHexStringLower(kind switch
    {
        HashKind.Sha256 => SHA256.HashData(Content),
#pragma warning disable CA5350, CA5351 // the hashes that publishers give
        HashKind.Sha1 => SHA1.HashData(Content),
        _ => MD5.HashData(Content),
#pragma warning restore CA5350, CA5351
    });
}
