using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>What is not taken: wrong hashes, wrong lengths, a mirror's word; and servers that cannot be reached.</summary>
public sealed class DownloadRefusalTests : DownloadTest
{
    [Fact]
    public async Task A_wrong_hash_is_refused_and_the_file_deleted()
    {
        var file = File("/file") with { Hash = new(HashKind.Sha256, new string('0', 64)) };
        Failed(await Fetch(file), "the wrong hash", Hash, "deleted");
        Assert.Equal([folder["vgg.bin.lock"]], Directory.GetFiles(folder.Root));
    }

    [Fact]
    public async Task The_publisher_s_header_gives_the_hash_where_the_table_has_none()
    {
        var file = File("/moved") with { Hash = null, HashHeader = "X-Linked-ETag" };
        Failed(await Fetch(file), "no hash is published");
        Failed(await Fetch(file with { HashHeader = null }), "no hash is published");
        server.Linked = new string('a', 40); // a Git hash is not a SHA-256
        Failed(await Fetch(file), "no hash is published");
        server.Linked = new string('a', 64);
        Failed(await Fetch(file), "the wrong hash");
        server.Linked = Hash;
        Done(await Fetch(file));
        System.IO.File.Delete(folder["vgg.bin"]);
        Done(await Fetch(file with { HashHeader = null }, Quick with { AllowUnverified = true }), "not checked");
    }

    [Fact]
    public async Task A_mirror_s_word_for_the_hash_is_not_taken()
    {
        using var other = new FileServer(content) { Linked = Hash };
        var file = File("/gone") with { Hash = null, HashHeader = "X-Linked-ETag", Addresses = [server.Address("/gone"), other.Address("/moved")] };
        Failed(await Fetch(file), "404", "no hash is published");
    }

    [Fact]
    public async Task Wrong_lengths_are_refused()
    {
        Failed(await Fetch(File("/file") with { Bytes = 17 }), "1000003 bytes instead of 17");
        server.Announced = content.Length + 5;
        Failed(await Fetch(File("/file") with { Bytes = null }, Quick with { Resumptions = 0 }), "after 1000003 bytes");
        Assert.False(System.IO.File.Exists(folder["vgg.bin"]));
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_given_up()
    {
        server.Pause = TimeSpan.FromSeconds(30);
        Failed(await Fetch(File("/file"), Quick with { StallTimeout = TimeSpan.FromMilliseconds(200) }), "sends nothing any more");
    }

    [Fact]
    public async Task No_network_is_told_apart_and_soon()
    {
        var nowhere = server.Address("/file");
        server.Stop();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var result = await Fetch(File("/file") with { Addresses = [nowhere] });
        Assert.Equal(DownloadStatus.NoNetwork, result.Status);
        Assert.Contains("127.0.0.1", result.Message, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
        Assert.Equal([folder["vgg.bin.lock"]], Directory.GetFiles(folder.Root));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_is_a_plain_line()
    {
        folder.Add("file", "x"u8);
        var result = await new Downloader(Quick).FetchAsync(File("/file"), folder["file/inside"], null, TestContext.Current.CancellationToken);
        Failed(result, "cannot be written", "GPUSTYLE_CACHE");
    }

    [Fact]
    public async Task A_server_that_never_answers_counts_as_no_network()
    {
        var result = await Fetch(File("/silent"), Quick with { AnswerTimeout = TimeSpan.FromMilliseconds(200) });
        Assert.Equal(DownloadStatus.NoNetwork, result.Status);
        Assert.Contains("does not answer", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Redirections_without_end_are_not_followed() => Failed(await Fetch(File("/loop")), "redirects without end");
}
