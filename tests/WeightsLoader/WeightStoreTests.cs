using System.Security.Cryptography;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>The order in which weights are looked for, names, and what is said when there are none.</summary>
public sealed class WeightStoreTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly FileServer server = new(new byte[1000]);
    readonly Dictionary<string, string> environment = [];
    readonly List<string> announced = [];

    public void Dispose()
    {
        server.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task The_order_is_argument_variable_cache_download_built_in()
    {
        string file = folder.Add("mine.bin", "x"u8), other = folder.Add("other.bin", "x"u8);
        Assert.Equal((WeightOrigin.Download, Cached("known.safetensors")), await Resolve(null));
        Assert.Contains("known.safetensors", Assert.Single(announced), StringComparison.Ordinal);
        Assert.Equal((WeightOrigin.Cache, Cached("known.safetensors")), await Resolve(null));
        File.WriteAllText(Cached("vgg19.safetensors"), "x");
        Assert.Equal((WeightOrigin.Cache, Cached("vgg19.safetensors")), await Resolve(null));
        environment["GPUSTYLE_WEIGHTS"] = other;
        Assert.Equal((WeightOrigin.Environment, other), await Resolve(null));
        Assert.Equal((WeightOrigin.Argument, file), await Resolve(file));
        Assert.Equal((WeightOrigin.BuiltIn, null), await Resolve("built-in"));
        Assert.Single(server.Requests);
        Assert.Single(announced);
    }

    [Fact]
    public async Task Names_are_known_files_and_files_in_the_cache()
    {
        Assert.Equal((WeightOrigin.Argument, Cached("known.safetensors")), await Resolve("Known"));
        File.WriteAllText(Cached("mine.safetensors"), "x");
        Assert.Equal((WeightOrigin.Argument, Cached("mine.safetensors")), await Resolve("mine"));
        Assert.Equal((WeightOrigin.Argument, Cached("mine.safetensors")), await Resolve("mine.safetensors"));
        Assert.Equal((WeightOrigin.Argument, folder.Root), await Resolve(folder.Root));
        Assert.Equal(Cached("known.safetensors"), await Store().GetAsync("known", null, TestContext.Current.CancellationToken));
        Assert.Equal([Cached("known.safetensors"), null], Store().List().Select(entry => entry.Path));
    }

    [Fact]
    public void Files_that_may_be_read_are_known_before()
    {
        string file = folder.Add("mine.bin", "x"u8), other = folder.Add("other.bin", "x"u8);
        Directory.CreateDirectory(Path.GetDirectoryName(Cached("a"))!);
        foreach (string name in new[] { "known.safetensors", "vgg19.safetensors", "own.safetensors" }) File.WriteAllText(Cached(name), "x");
        Assert.Equal([Cached("vgg19.safetensors"), Cached("known.safetensors")], Store().Files(null));
        Assert.Equal([file], Store().Files(file));
        Assert.Equal([Cached("known.safetensors")], Store().Files("KNOWN").Distinct());
        Assert.Equal([Cached("own.safetensors")], Store().Files("own"));
        Assert.Empty(Store().Files("built-in"));
        Assert.Empty(Store().Files("none"));
        environment["GPUSTYLE_WEIGHTS"] = other;
        Assert.Equal([other], Store().Files(null));
    }

    [Fact]
    public async Task What_was_asked_for_and_is_not_there_is_an_error_of_one_line()
    {
        await Refused("none", "--weights 'none'", "known", "built-in");
        await Refused("no/such/file", "--weights 'no/such/file'", "is no file");
        await Refused("", "--weights ''", "is no file");
        await Refused("pickle", "--weights", "stored as papyrus", "does not read");
        environment["GPUSTYLE_OFFLINE"] = "1";
        await Refused("known", "--weights", "switched off", "known.safetensors");
        environment["GPUSTYLE_WEIGHTS"] = "none";
        await Refused(null, "GPUSTYLE_WEIGHTS 'none'");
        await Assert.ThrowsAsync<WeightsException>(() => Store().GetAsync("none", null, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Offline_is_a_value_and_asks_no_server()
    {
        foreach (var store in new[] { Store(offline: true), WithOfflineVariable() })
        {
            Assert.True(store.Offline);
            var found = await store.ResolveAsync(null, null, TestContext.Current.CancellationToken);
            Assert.Equal((WeightOrigin.BuiltIn, null), (found.Origin, found.Path));
            Assert.Contains("switched off", found.Notice, StringComparison.Ordinal);
        }
        Assert.Empty(server.Requests);
        Assert.Empty(announced);
        environment["GPUSTYLE_OFFLINE"] = "0";
        Assert.False(Store().Offline);

        WeightStore WithOfflineVariable()
        {
            environment["GPUSTYLE_OFFLINE"] = "1";
            return Store();
        }
    }

    [Fact]
    public async Task No_network_and_failed_downloads_lead_to_the_built_in_network()
    {
        server.Content = new byte[999];
        var failed = await Store().ResolveAsync(null, null, TestContext.Current.CancellationToken);
        Assert.Equal(WeightOrigin.BuiltIn, failed.Origin);
        Assert.Contains("the wrong hash", failed.Notice, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failed.Notice!);
        server.Stop();
        var found = await Store().ResolveAsync(null, null, TestContext.Current.CancellationToken);
        Assert.Equal(WeightOrigin.BuiltIn, found.Origin);
        Assert.Contains("no network", found.Notice, StringComparison.Ordinal);
        await Refused("known", "--weights", "was not downloaded");
    }

    [Fact]
    public void The_cache_folder_follows_its_variables()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "tests the folders of Linux and macOS");
        var variables = new Dictionary<string, string> { ["HOME"] = "/home/u" };
        string Folder() => new WeightStore(new WeightStoreOptions { Environment = variables.GetValueOrDefault }).Folder;
        Assert.Equal("/home/u/.cache/gpustyle", Folder());
        variables["XDG_CACHE_HOME"] = "relative";
        Assert.Equal("/home/u/.cache/gpustyle", Folder());
        variables["XDG_CACHE_HOME"] = "/xdg";
        Assert.Equal("/xdg/gpustyle", Folder());
        variables["GPUSTYLE_CACHE"] = "/own";
        Assert.Equal("/own", Folder());
    }

    string Cached(string name) => folder[Path.Combine("cache", name)];

    WeightStore Store(bool offline = false) => new(new WeightStoreOptions
    {
        CacheFolder = folder["cache"],
        Offline = offline,
        Announce = announced.Add,
        Download = new DownloadOptions { ResumptionDelay = TimeSpan.FromMilliseconds(1) },
        Environment = environment.GetValueOrDefault,
        Known =
        [
            new("known", "known.safetensors", "tests", [server.Address("/file")], "safetensors", "none", "a note")
            {
                Hash = new(HashKind.Sha256, Convert.ToHexStringLower(SHA256.HashData(new byte[1000]))),
            },
            new("pickle", "pickle.pth", "tests", [server.Address("/file")], "papyrus", "none", "a note"),
        ],
    });

    async Task<(WeightOrigin, string?)> Resolve(string? requested)
    {
        var found = await Store().ResolveAsync(requested, null, TestContext.Current.CancellationToken);
        Assert.Null(found.Notice);
        return (found.Origin, found.Path);
    }

    async Task Refused(string? requested, params string[] expected)
    {
        var e = await Assert.ThrowsAsync<WeightsException>(() => Store().ResolveAsync(requested, null, TestContext.Current.CancellationToken));
        Assert.All(expected, part => Assert.Contains(part, e.Message, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', e.Message);
    }
}
