using System.Security.Cryptography;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Downloads from a server on the loopback address that behaves, or does not.</summary>
public sealed class DownloaderTests : IDisposable
{
    static readonly DownloadOptions Quick = new() { ResumptionDelay = TimeSpan.FromMilliseconds(1), AnswerTimeout = TimeSpan.FromSeconds(5) };

    readonly TemporaryFolder _folder = new();
    readonly byte[] _content = new byte[1_000_003];
    readonly FileServer _server;

    public DownloaderTests()
    {
        new Random(3).NextBytes(_content);
        _server = new FileServer(_content);
    }

    string Hash => Convert.ToHexStringLower(SHA256.HashData(_content));

    public void Dispose()
    {
        _server.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_file_is_downloaded_checked_and_leaves_no_part()
    {
        var seen = new List<DownloadProgress>();
        Done(await Fetch(File("/file"), progress: new Collector(seen)));
        Assert.Equal(_content.Length, seen[^1].Bytes);
        Assert.All(seen, p => Assert.Equal(_content.Length, p.Total));
        Assert.Equal([_folder["vgg.bin"], _folder["vgg.bin.lock"]], Directory.GetFiles(_folder.Root).Order());
        Done(await Fetch(File("/file")));
        Assert.Single(_server.Requests); // the second time it was there
    }

    [Fact]
    public async Task A_cut_connection_is_taken_up_where_it_was_cut()
    {
        _server.CutAfter = 300_000;
        Done(await Fetch(File("/file")));
        long[] starts = [.. _server.Requests.Select(r => r.From)];
        Assert.Equal([0, 300_000, 600_000, 900_000], starts);
    }

    [Fact]
    public async Task A_later_run_goes_on_from_an_earlier_one()
    {
        _server.CutAfter = 400_000;
        var first = await Fetch(File("/file"), Quick with { Resumptions = 0 });
        Failed(first, "after 400000 bytes", "what is here is kept");
        _server.CutAfter = int.MaxValue;
        Done(await Fetch(File("/file")));
        Assert.Equal(400_000, _server.Requests.Last().From);
    }

    [Fact]
    public async Task A_changed_file_or_a_server_without_ranges_begins_again()
    {
        _server.CutAfter = 400_000;
        Failed(await Fetch(File("/file"), Quick with { Resumptions = 0 }), "after 400000");
        (_server.CutAfter, _server.Ranges) = (int.MaxValue, false);
        Done(await Fetch(File("/file")));
        System.IO.File.Delete(_folder["vgg.bin"]);

        (_server.CutAfter, _server.Ranges) = (400_000, true);
        Failed(await Fetch(File("/file"), Quick with { Resumptions = 0 }), "after 400000");
        (_server.CutAfter, _server.ETag) = (int.MaxValue, "\"v2\"");
        Done(await Fetch(File("/file")));
        System.IO.File.Delete(_folder["vgg.bin"]);

        _server.CutAfter = 400_000;
        Failed(await Fetch(File("/file"), Quick with { Resumptions = 0 }), "after 400000");
        (_server.CutAfter, _server.RangeStatus) = (int.MaxValue, 416);
        Done(await Fetch(File("/file")));
    }

    [Fact]
    public async Task Halves_of_two_files_are_noticed_and_fetched_again()
    {
        _server.ETag = null; // nothing but the hash can tell
        _server.CutAfter = 400_000;
        _server.Content = [.. _content.Select(b => (byte)(b ^ 1))];
        Failed(await Fetch(File("/file"), Quick with { Resumptions = 0 }), "after 400000");
        (_server.CutAfter, _server.Content) = (int.MaxValue, _content);
        Done(await Fetch(File("/file")));
        Assert.Equal([0, 400_000, 0], _server.Requests.Select(r => r.From));
    }

    [Fact]
    public async Task A_part_that_is_whole_needs_no_network()
    {
        _server.CutAfter = 400_000;
        Failed(await Fetch(File("/file"), Quick with { Resumptions = 0 }), "after 400000");
        _folder.Add("vgg.bin.part", _content);
        int before = _server.Requests.Count;
        Done(await Fetch(File("/file")));
        Assert.Equal(before, _server.Requests.Count);
    }

    [Fact]
    public async Task A_wrong_hash_is_refused_and_the_file_deleted()
    {
        var file = File("/file") with { Hash = new(HashKind.Sha256, new string('0', 64)) };
        Failed(await Fetch(file), "wrong SHA-256", Hash, "deleted");
        Assert.Equal([_folder["vgg.bin.lock"]], Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public async Task A_mirror_follows_a_404()
    {
        Done(await Fetch(File("/gone", "/file")));
        Assert.Equal(["/gone", "/file"], _server.Requests.Select(r => r.Path));
        System.IO.File.Delete(_folder["vgg.bin"]);
        Failed(await Fetch(File("/gone/1", "/gone/2")), "404 Not Found", "--weights");
    }

    [Fact]
    public async Task The_publisher_s_header_gives_the_hash_where_the_table_has_none()
    {
        var file = File("/moved") with { Hash = null, HashHeader = "X-Linked-ETag" };
        Failed(await Fetch(file), "no SHA-256 is published");
        Failed(await Fetch(file with { HashHeader = null }), "no SHA-256 is published");
        _server.Linked = new string('a', 40); // a Git hash is not a SHA-256
        Failed(await Fetch(file), "no SHA-256 is published");
        _server.Linked = new string('a', 64);
        Failed(await Fetch(file), "wrong SHA-256");
        _server.Linked = Hash;
        Done(await Fetch(file));
        System.IO.File.Delete(_folder["vgg.bin"]);
        Done(await Fetch(file with { HashHeader = null }, Quick with { AllowUnverified = true }), "not checked");
    }

    [Fact]
    public async Task A_mirror_s_word_for_the_hash_is_not_taken()
    {
        using var other = new FileServer(_content) { Linked = Hash };
        var file = File("/gone") with { Hash = null, HashHeader = "X-Linked-ETag", Addresses = [_server.Address("/gone"), other.Address("/moved")] };
        Failed(await Fetch(file), "404", "no SHA-256 is published");
    }

    [Fact]
    public async Task Wrong_lengths_are_refused()
    {
        Failed(await Fetch(File("/file") with { Bytes = 17 }), "1000003 bytes instead of 17");
        _server.Announced = _content.Length + 5;
        Failed(await Fetch(File("/file") with { Bytes = null }, Quick with { Resumptions = 0 }), "after 1000003 bytes");
        Assert.False(System.IO.File.Exists(_folder["vgg.bin"]));
    }

    [Fact]
    public async Task A_cancelled_download_keeps_what_is_here()
    {
        _server.Pause = TimeSpan.FromMilliseconds(20);
        using var cancel = new CancellationTokenSource();
        var progress = new Collector([], p => { if (p.Bytes > 200_000) cancel.Cancel(); });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Downloader(Quick).FetchAsync(File("/file"), _folder.Root, progress, cancel.Token));
        long here = new FileInfo(_folder["vgg.bin.part"]).Length;
        Assert.InRange(here, 200_001, _content.Length - 1);
        _server.Pause = TimeSpan.Zero;
        Done(await Fetch(File("/file")));
        Assert.Equal(here, _server.Requests.Last().From);
    }

    [Fact]
    public async Task A_slow_server_s_progress_rises_and_has_a_rate()
    {
        _server.Pause = TimeSpan.FromMilliseconds(60);
        var seen = new List<DownloadProgress>();
        Done(await Fetch(File("/file"), progress: new Collector(seen)));
        Assert.True(seen.Count >= 4, $"{seen.Count} reports");
        Assert.Equal(seen.Select(p => p.Bytes).Order(), seen.Select(p => p.Bytes));
        Assert.InRange(seen[^1].BytesPerSecond, 10_000, 2_000_000);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_given_up()
    {
        _server.Pause = TimeSpan.FromSeconds(30);
        Failed(await Fetch(File("/file"), Quick with { StallTimeout = TimeSpan.FromMilliseconds(200) }), "sends nothing any more");
    }

    [Fact]
    public async Task Two_downloads_at_once_make_one_file()
    {
        _server.Pause = TimeSpan.FromMilliseconds(20);
        var results = await Task.WhenAll(Fetch(File("/file")), Fetch(File("/file")), Fetch(File("/file")));
        foreach (var result in results) Done(result);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task No_network_is_told_apart_and_soon()
    {
        var nowhere = _server.Address("/file");
        _server.Stop();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var result = await Fetch(File("/file") with { Addresses = [nowhere] });
        Assert.Equal(DownloadStatus.NoNetwork, result.Status);
        Assert.Contains("127.0.0.1", result.Message, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
        Assert.Equal([_folder["vgg.bin.lock"]], Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_is_a_plain_line()
    {
        _folder.Add("file", "x"u8);
        var result = await new Downloader(Quick).FetchAsync(File("/file"), _folder["file/inside"], null, TestContext.Current.CancellationToken);
        Failed(result, "cannot be written", "GPUSTYLE_CACHE");
    }

    KnownWeightFile File(params string[] paths) =>
        new("test", "vgg.bin", "tests", [.. paths.Select(_server.Address)], "safetensors", "none", "")
        {
            Hash = new(HashKind.Sha256, Hash),
            Bytes = _content.Length,
        };

    Task<DownloadResult> Fetch(KnownWeightFile file, DownloadOptions? options = null, IProgress<DownloadProgress>? progress = null) =>
        new Downloader(options ?? Quick).FetchAsync(file, _folder.Root, progress, TestContext.Current.CancellationToken);

    void Done(DownloadResult result, string expected = "")
    {
        Assert.True(result.Status == DownloadStatus.Done, result.Message);
        Assert.Equal(_folder["vgg.bin"], result.Path);
        Assert.Contains(expected, result.Message, StringComparison.Ordinal);
        Assert.Equal(_content, System.IO.File.ReadAllBytes(result.Path!));
    }

    static void Failed(DownloadResult result, params string[] expected)
    {
        Assert.Equal((DownloadStatus.Failed, null), (result.Status, result.Path));
        Assert.All(expected, part => Assert.Contains(part, result.Message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', result.Message);
    }

    sealed class Collector(List<DownloadProgress> seen, Action<DownloadProgress>? also = null) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            seen.Add(value);
            also?.Invoke(value);
        }
    }
}
