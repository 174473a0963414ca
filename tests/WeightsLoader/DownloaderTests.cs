using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Downloads that end well: whole, resumed, from a mirror, cancelled and taken up again.</summary>
public sealed class DownloaderTests : DownloadTest
{
    [Fact]
    public async Task A_file_is_downloaded_checked_and_leaves_no_part()
    {
        var seen = new List<DownloadProgress>();
        Done(await Fetch(File("/file"), progress: new Collector(seen)));
        Assert.Equal(content.Length, seen[^1].Bytes);
        Assert.All(seen, p => Assert.Equal(content.Length, p.Total));
        Assert.Equal([folder["vgg.bin"], folder["vgg.bin.lock"]], Directory.GetFiles(folder.Root).Order());
        Done(await Fetch(File("/file")));
        Assert.Single(server.Requests); // the second time it was there
    }

    /// <summary>Keras gives MD5 alone, Oxford SHA-1, jcjohnson the first eight digits of SHA-256 (in the file's name).</summary>
    [Theory]
    [InlineData(HashKind.Md5)]
    [InlineData(HashKind.Sha1)]
    [InlineData(HashKind.Sha256)]
    public async Task Any_kind_of_published_hash_is_checked_across_resumptions(HashKind kind)
    {
        using var computed = PublishedHash.Start(kind);
        computed.AppendData(content);
        string hex = Convert.ToHexStringLower(computed.GetHashAndReset());
        var hash = new PublishedHash(kind, kind == HashKind.Sha256 ? hex[..8] : hex);
        server.CutAfter = 400_000;
        Failed(await Fetch(File("/file") with { Hash = hash }, Quick with { Resumptions = 0 }), "after 400000 bytes");
        Done(await Fetch(File("/file") with { Hash = hash }), $"{hash} checked");
        Assert.Equal([0, 400_000, 800_000], server.Requests.Select(r => r.From));
        System.IO.File.Delete(folder["vgg.bin"]);
        Failed(await Fetch(File("/file") with { Hash = hash with { Hex = new string('0', 8) } }), "the wrong hash", hex);
    }

    [Fact]
    public async Task A_cut_connection_is_taken_up_where_it_was_cut()
    {
        server.CutAfter = 300_000;
        Done(await Fetch(File("/file")));
        long[] starts = [.. server.Requests.Select(r => r.From)];
        Assert.Equal([0, 300_000, 600_000, 900_000], starts);
    }

    [Fact]
    public async Task A_later_run_goes_on_from_an_earlier_one()
    {
        server.CutAfter = 400_000;
        var first = await Fetch(File("/file"), Quick with { Resumptions = 0 });
        Failed(first, "after 400000 bytes", "what is here is kept");
        server.CutAfter = int.MaxValue;
        Done(await Fetch(File("/file")));
        Assert.Equal(400_000, server.Requests.Last().From);
    }

    [Fact]
    public async Task A_changed_file_or_a_server_without_ranges_begins_again()
    {
        server.CutAfter = 400_000;
        Failed(await Fetch(File("/file"), Quick with { Resumptions = 0 }), "after 400000");
        (server.CutAfter, server.Ranges) = (int.MaxValue, false);
        Done(await Fetch(File("/file")));
        System.IO.File.Delete(folder["vgg.bin"]);

        (server.CutAfter, server.Ranges) = (400_000, true);
        Failed(await Fetch(File("/file"), Quick with { Resumptions = 0 }), "after 400000");
        (server.CutAfter, server.ETag) = (int.MaxValue, "\"v2\"");
        Done(await Fetch(File("/file")));
        System.IO.File.Delete(folder["vgg.bin"]);

        server.CutAfter = 400_000;
        Failed(await Fetch(File("/file"), Quick with { Resumptions = 0 }), "after 400000");
        (server.CutAfter, server.RangeStatus) = (int.MaxValue, 416);
        Done(await Fetch(File("/file")));
    }

    [Fact]
    public async Task Halves_of_two_files_are_noticed_and_fetched_again()
    {
        server.ETag = null; // nothing but the hash can tell
        server.CutAfter = 400_000;
        server.Content = [.. content.Select(b => (byte)(b ^ 1))];
        Failed(await Fetch(File("/file"), Quick with { Resumptions = 0 }), "after 400000");
        (server.CutAfter, server.Content) = (int.MaxValue, content);
        Done(await Fetch(File("/file")));
        Assert.Equal([0, 400_000, 0], server.Requests.Select(r => r.From));
    }

    [Fact]
    public async Task A_part_that_is_whole_needs_no_network()
    {
        server.CutAfter = 400_000;
        Failed(await Fetch(File("/file"), Quick with { Resumptions = 0 }), "after 400000");
        folder.Add("vgg.bin.part", content);
        int before = server.Requests.Count;
        Done(await Fetch(File("/file")));
        Assert.Equal(before, server.Requests.Count);
    }

    [Fact]
    public async Task A_mirror_follows_a_404()
    {
        Done(await Fetch(File("/gone", "/file")));
        Assert.Equal(["/gone", "/file"], server.Requests.Select(r => r.Path));
        System.IO.File.Delete(folder["vgg.bin"]);
        Failed(await Fetch(File("/gone/1", "/gone/2")), "404 Not Found", "--weights");
    }

    [Fact]
    public async Task A_cancelled_download_keeps_what_is_here()
    {
        server.Pause = TimeSpan.FromMilliseconds(20);
        using var cancel = new CancellationTokenSource();
        var progress = new Collector([], p => { if (p.Bytes > 200_000) cancel.Cancel(); });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Downloader(Quick).FetchAsync(File("/file"), folder.Root, progress, cancel.Token));
        long here = new FileInfo(folder["vgg.bin.part"]).Length;
        Assert.InRange(here, 200_001, content.Length - 1);
        server.Pause = TimeSpan.Zero;
        Done(await Fetch(File("/file")));
        Assert.Equal(here, server.Requests.Last().From);
    }

    [Fact]
    public async Task A_slow_server_s_progress_rises_and_has_a_rate()
    {
        server.Pause = TimeSpan.FromMilliseconds(60);
        var seen = new List<DownloadProgress>();
        Done(await Fetch(File("/file"), progress: new Collector(seen)));
        Assert.True(seen.Count >= 4, $"{seen.Count} reports");
        Assert.Equal(seen.Select(p => p.Bytes).Order(), seen.Select(p => p.Bytes));
        Assert.InRange(seen[^1].BytesPerSecond, 10_000, 2_000_000);
    }

    [Fact]
    public async Task Two_downloads_at_once_make_one_file()
    {
        server.Pause = TimeSpan.FromMilliseconds(20);
        var results = await Task.WhenAll(Fetch(File("/file")), Fetch(File("/file")), Fetch(File("/file")));
        foreach (var result in results) Done(result);
        Assert.Single(server.Requests);
    }
}
