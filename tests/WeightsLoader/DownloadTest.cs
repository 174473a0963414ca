using System.Security.Cryptography;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>A server on the loopback address with one file, a folder to download it to, and what is expected of the result.</summary>
public abstract class DownloadTest : IDisposable
{
    private protected static readonly DownloadOptions Quick = new() { ResumptionDelay = TimeSpan.FromMilliseconds(1), AnswerTimeout = TimeSpan.FromSeconds(5) };

    private protected readonly TemporaryFolder folder = new();
    private protected readonly byte[] content = new byte[1_000_003];
    private protected readonly FileServer server;

    protected DownloadTest()
    {
        new Random(3).NextBytes(content);
        server = new FileServer(content);
    }

    protected string Hash => Convert.ToHexStringLower(SHA256.HashData(content));

    public void Dispose()
    {
        server.Dispose();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The file at these paths, under its true hash and length.</summary>
    protected KnownWeightFile File(params string[] paths) =>
        new("test", "vgg.bin", "tests", [.. paths.Select(server.Address)], "safetensors", "none", "")
        {
            Hash = new(HashKind.Sha256, Hash),
            Bytes = content.Length,
        };

    protected Task<DownloadResult> Fetch(KnownWeightFile file, DownloadOptions? options = null, IProgress<DownloadProgress>? progress = null) =>
        new Downloader(options ?? Quick).FetchAsync(file, folder.Root, progress, TestContext.Current.CancellationToken);

    protected void Done(DownloadResult result, string expected = "")
    {
        Assert.True(result.Status == DownloadStatus.Done, result.Message);
        Assert.Equal(folder["vgg.bin"], result.Path);
        Assert.Contains(expected, result.Message, StringComparison.Ordinal);
        Assert.Equal(content, System.IO.File.ReadAllBytes(result.Path!));
    }

    protected static void Failed(DownloadResult result, params string[] expected)
    {
        Assert.Equal((DownloadStatus.Failed, null), (result.Status, result.Path));
        Assert.All(expected, part => Assert.Contains(part, result.Message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', result.Message);
    }

    protected sealed class Collector(List<DownloadProgress> seen, Action<DownloadProgress>? also = null) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            seen.Add(value);
            also?.Invoke(value);
        }
    }
}
