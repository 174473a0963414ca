namespace GpuStyle.WeightsLoader;

/// <summary>
/// Finds the weights for a run: what <c>--weights</c> names, then <c>GPUSTYLE_WEIGHTS</c>, then the cache folder, then a download from
/// the publisher; where none of that gives a file, the caller is told to take the built-in network and why.
/// </summary>
public sealed class WeightStore
{
    /// <summary>The name that asks for the built-in network: no file, no download.</summary>
    public const string BuiltIn = "built-in";

    /// <summary>A file of this name in the cache folder comes before all others there: the user's own choice.</summary>
    public const string Own = "vgg19.safetensors";

    readonly WeightStoreOptions options;

    /// <summary>A store with the given or the usual options.</summary>
    public WeightStore(WeightStoreOptions? options = null)
    {
        this.options = options ?? new WeightStoreOptions();
        Folder = this.options.CacheFolder ?? CacheFolder.Find(this.options.Environment);
        Offline = this.options.Offline || this.options.Environment("GPUSTYLE_OFFLINE") is { Length: > 0 } and not ("0" or "false" or "no");
    }

    /// <summary>The cache folder; it may not exist yet.</summary>
    public string Folder { get; }

    /// <summary>Whether downloads are forbidden.</summary>
    public bool Offline { get; }

    /// <summary>Why nothing is downloaded, for messages.</summary>
    string Forbidden => $"downloads are switched off{(options.Offline ? "" : " by GPUSTYLE_OFFLINE")}";

    /// <summary>The names under which weights are looked for in the cache folder, in this order.</summary>
    IEnumerable<string> Cached => this.options.Known.Where(file => file.IsReadable).Select(file => file.FileName).Prepend(Own);

    /// <summary>The known files, each with its path where it lies in the cache folder, or null.</summary>
    public IReadOnlyList<(KnownWeightFile File, string? Path)> List() => [.. this.options.Known.Select(file => (file, Existing(file.FileName)))];

    /// <summary>Finds the weights, downloading them where that is needed and allowed. Without a network it answers within seconds.</summary>
    /// <param name="requested">What <c>--weights</c> says: a path, a known name, a file in the cache folder, or "built-in"; null: nothing.</param>
    /// <param name="progress">Follows a download.</param>
    /// <param name="cancellation">Ends a download; what is here of it is kept.</param>
    /// <exception cref="WeightsException">What was asked for by the argument or the variable cannot be had; one line.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<WeightResolution> ResolveAsync(
        string? requested, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (requested is not null)
            return await RequestedAsync(requested, "--weights", WeightOrigin.Argument, progress, cancellation).ConfigureAwait(false);
        if (this.options.Environment("GPUSTYLE_WEIGHTS") is { Length: > 0 } variable)
            return await RequestedAsync(variable, "GPUSTYLE_WEIGHTS", WeightOrigin.Environment, progress, cancellation).ConfigureAwait(false);
        foreach (string name in Cached)
            if (Existing(name) is { } cached) return new WeightResolution(WeightOrigin.Cache, cached, null);
        if (Offline)
            return new WeightResolution(WeightOrigin.BuiltIn, null, $"No VGG-19 weights are here and {Forbidden}: using the built-in network (docs/weights.md says how to get better ones).");
        var result = await FetchAsync(this.options.Known.First(file => file.IsReadable), progress, cancellation).ConfigureAwait(false);
        return result.Status switch
        {
            DownloadStatus.Done => new WeightResolution(WeightOrigin.Download, result.Path, null),
            DownloadStatus.NoNetwork => new WeightResolution(WeightOrigin.BuiltIn, null, "No VGG-19 weights are here and there is no network: using the built-in network (docs/weights.md says how to get better ones)."),
            _ => new WeightResolution(WeightOrigin.BuiltIn, null, $"{result.Message} Using the built-in network."),
        };
    }

    /// <summary>The files that <see cref="ResolveAsync"/> may answer with, as far as they are there.</summary>
    /// <param name="requested">As there.</param>
    public IEnumerable<string> Files(string? requested)
    {
        string? word = requested ?? (this.options.Environment("GPUSTYLE_WEIGHTS") is { Length: > 0 } variable ? variable : null);
        if (word == BuiltIn) return [];
        if (word is null) return [.. Cached.Select(Existing).OfType<string>()];
        if (File.Exists(word)) return [word];
        return [.. new[] { Find(word)?.FileName, word, $"{word}.safetensors" }.OfType<string>().Select(Existing).OfType<string>()];
    }

    /// <summary>Puts a known file into the cache folder, if it is not there, by downloading it.</summary>
    /// <exception cref="WeightsException">An unknown name, one that this version does not read, downloads forbidden, or the download failed.</exception>
    public async Task<string> GetAsync(string name, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default)
    {
        return (await KnownAsync(Known(name), "weights get", WeightOrigin.Argument, progress, cancellation).ConfigureAwait(false)).Path!;
    }

    /// <summary>Puts a known file into the cache folder by copying it from elsewhere on this machine; one that is there is replaced.</summary>
    /// <param name="name">Its known name.</param>
    /// <param name="path">Where it is now, under whatever name.</param>
    /// <param name="cancellation">Ends the copying; the cache folder stays as it was.</param>
    /// <returns>Its path in the cache folder, and the hash by which it was recognised.</returns>
    /// <exception cref="WeightsException">An unknown name, or one without a published hash; a file that is not the one of that name.</exception>
    public Task<(string Path, PublishedHash Hash)> ImportAsync(string name, string path, CancellationToken cancellation = default) =>
        WeightImport.RunAsync(Known(name), path, Folder, cancellation);

    KnownWeightFile Known(string name) =>
        Find(name) ?? throw new WeightsException($"{Text.Quote(name)} is not a known weight file: known are {Names()}.");

    async Task<WeightResolution> RequestedAsync(
        string requested, string where, WeightOrigin origin, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        if (requested == BuiltIn) return new WeightResolution(WeightOrigin.BuiltIn, null, null);
        // A folder too: loading it says that a file is wanted.
        if (File.Exists(requested) || Directory.Exists(requested)) return new WeightResolution(origin, requested, null);
        if (Find(requested) is { } known) return await KnownAsync(known, where, origin, progress, cancellation).ConfigureAwait(false);
        bool plain = requested.Length > 0 && Path.GetFileName(requested) == requested;
        if (plain && (Existing(requested) ?? Existing($"{requested}.safetensors")) is { } cached) return new WeightResolution(origin, cached, null);
        throw new WeightsException(
            $"{where} {Text.Quote(requested)} is no file, none in {Text.Printable(Folder)}, and no known name: name a file, one of {Names()}, or {BuiltIn}.");
    }

    async Task<WeightResolution> KnownAsync(
        KnownWeightFile file, string where, WeightOrigin origin, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        if (!file.IsReadable)
            throw new WeightsException($"{where}: {file.Name} ({file.FileName}) is stored as {file.Container}, which this version does not read: name one of {Names()}.");
        if (Existing(file.FileName) is { } cached) return new WeightResolution(origin, cached, null);
        if (Offline)
            throw new WeightsException($"{where}: {file.Name} is not in {Text.Printable(Folder)} and {Forbidden}: allow them, or bring {file.FileName} there with weights get {file.Name} --from FILE.");
        var result = await FetchAsync(file, progress, cancellation).ConfigureAwait(false);
        return result.Path is { } path ? new WeightResolution(origin, path, null) : throw new WeightsException($"{where}: {result.Message}");
    }

    Task<DownloadResult> FetchAsync(KnownWeightFile file, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
    {
        string from = file.Addresses.Count > 0 ? file.Addresses[0].Host : file.Publisher;
        string size = file.Bytes is { } bytes ? $" ({bytes / 1_000_000} MB)" : "";
        this.options.Announce?.Invoke($"Downloading {file.FileName}{size} from {from} to {Text.Printable(Folder)}, once; GPUSTYLE_OFFLINE=1 forbids it. {file.Note}.");
        return new Downloader(this.options.Download).FetchAsync(file, Folder, progress, cancellation);
    }

    KnownWeightFile? Find(string name) => this.options.Known.FirstOrDefault(file =>
        string.Equals(file.Name, name, StringComparison.OrdinalIgnoreCase) || string.Equals(file.FileName, name, StringComparison.OrdinalIgnoreCase));

    string? Existing(string name) => Path.Combine(Folder, name) is var path && File.Exists(path) ? path : null;

    string Names() => string.Join(", ", this.options.Known.Where(file => file.IsReadable).Select(file => file.Name));
}
