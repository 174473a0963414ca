namespace GpuStyle.WeightsLoader;

/// <summary>One file's download: its addresses in order, each taken up again while it brings something.</summary>
sealed class Attempts(KnownWeightFile file, string path, Server server, DownloadOptions options, IProgress<DownloadProgress>? progress)
{
    readonly List<string> failures = [];
    PublishedHash? expected = file.Hash;
    bool reached;

    public async Task<DownloadResult> RunAsync(CancellationToken cancellation)
    {
        using var part = PartFile.Open(path + ".part", expected?.Kind ?? HashKind.Sha256);
        // An earlier attempt may have stopped between the last byte and the check.
        if (part.Origin is { Total: { } whole } origin && whole == part.Length && (expected ?? origin.Hash) is { } known && known.Matches(part.Hash()))
            return Finish(part, known);
        foreach (var address in file.Addresses)
        {
            string? failure = await TryAddressAsync(part, address, cancellation).ConfigureAwait(false);
            if (failure is null) return Finish(part, expected);
            failures.Add(failure);
        }
        bool kept = part.Length > 0;
        if (!kept) part.Delete();
        string why = failures.Count == 0 ? "no address is known" : string.Join("; ", failures);
        string todo = kept
            ? "what is here is kept, and a later run goes on from it"
            : "try again later, or get a file by hand (docs/weights.md) and name it with --weights";
        return new DownloadResult(reached ? DownloadStatus.Failed : DownloadStatus.NoNetwork, null, $"{file.FileName} was not downloaded: {why}; {todo}.");
    }

    DownloadResult Finish(PartFile part, PublishedHash? hash)
    {
        part.MoveTo(path);
        string how = hash is null ? "not checked: no hash is published" : $"{hash} checked";
        return new DownloadResult(DownloadStatus.Done, path, $"{Text.Printable(path)} is downloaded ({how}).");
    }

    /// <summary>Null when the whole file is here and right, else what went wrong.</summary>
    async Task<string?> TryAddressAsync(PartFile part, Uri address, CancellationToken cancellation)
    {
        bool again = false;
        for (int resumptions = 0; ;)
        {
            long before = part.Length;
            try
            {
                bool resumed = await TransferAsync(part, address, cancellation).ConfigureAwait(false);
                if (expected is null || expected.Matches(part.Hash())) return null;
                var found = part.Hash();
                part.Restart(null);
                // Two halves of different files: once more, from the beginning.
                if (!resumed || again) return $"{address.Host} sent a file with the wrong hash ({found} instead of {expected}), which was deleted";
                again = true;
            }
            catch (NetworkException e)
            {
                reached |= e.Reached;
                if (!e.CanResume || part.Length <= before || resumptions++ >= options.Resumptions)
                    return part.Length > 0 && e.CanResume ? $"{e.Message} after {part.Length} bytes" : e.Message;
            }
            await Task.Delay(options.ResumptionDelay, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Brings the rest of the file, or all of it.</summary>
    /// <returns>Whether the beginning came from an earlier request.</returns>
    async Task<bool> TransferAsync(PartFile part, Uri address, CancellationToken cancellation)
    {
        bool trusted = address.Authority == file.Addresses[0].Authority;
        var origin = part.Origin;
        bool sameAddress = origin?.Address == address.AbsoluteUri;
        // What is here can be gone on with where an ETag or a hash will tell a changed file; at another address only under the same hash.
        bool usable = sameAddress ? origin is { ETag: not null } or { Hash: not null } : origin?.Hash is { } had && had == expected;
        long from = usable ? part.Length : 0;
        using var answer = await server.GetAsync(address, from, sameAddress ? origin?.ETag : null, file.HashHeader, trusted, cancellation).ConfigureAwait(false);
        reached = true;
        if (answer.Sha256 is { } hex) expected ??= new PublishedHash(HashKind.Sha256, hex);
        var plan = TransferPlan.Make(answer.Response, from, address.Host);
        if (expected is null && !options.AllowUnverified)
            throw Refusal($"no hash is published for this file and {address.Host} names none, so it was not taken");
        if (plan.AskAgain || (plan.From > 0 && origin?.Hash is { } old && old != expected))
        {
            part.Restart(null); // the server has another file now, or knows no parts: the next request asks for all of it
            return await TransferAsync(part, address, cancellation).ConfigureAwait(false);
        }
        if (file.Bytes is { } bytes && plan.Total is { } total && total != bytes)
            throw Refusal($"{address.Host} has a file of {total} bytes instead of {bytes}");
        CheckSpace(plan, part);
        var source = new PartFile.Source(address.AbsoluteUri, plan.ETag, expected, plan.Total);
        if (plan.From == 0) part.Restart(source);
        else part.SetOrigin(source);
        await CopyAsync(part, answer, plan, address.Host, cancellation).ConfigureAwait(false);
        return plan.From > 0;
    }

    async Task CopyAsync(PartFile part, ServerAnswer answer, TransferPlan plan, string host, CancellationToken cancellation)
    {
        var meter = new RateMeter(progress, part.Length);
        var buffer = new byte[1 << 17];
        using var body = await answer.Response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        while (true)
        {
            meter.Report(part.Length, plan.Total);
            int read;
            try
            {
                read = await server.ReadAsync(body, buffer, host, cancellation).ConfigureAwait(false);
            }
            catch (NetworkException e)
            {
                throw new NetworkException(e.Message, reached: true, e) { CanResume = true };
            }
            if (read == 0) break;
            if (plan.Total is { } most && part.Length + read > most)
            {
                part.Restart(null);
                throw Refusal($"{host} sends more than it announced");
            }
            part.Append(buffer.AsSpan(0, read));
        }
        meter.Report(part.Length, plan.Total, always: true);
        if (plan.Total is { } total && part.Length < total)
            throw new NetworkException($"the connection to {host} ended early", reached: true) { CanResume = true };
    }

    /// <summary>Says that the disk is too small before 575 MB have been fetched in vain.</summary>
    void CheckSpace(TransferPlan plan, PartFile part)
    {
        if (plan.Total is not { } total) return;
        long free;
        try
        {
            free = new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).AvailableFreeSpace + part.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return; // unknown: writing will tell
        }
        if (free < total) throw new IOException($"it needs {total / 1_000_000} MB and {free / 1_000_000} MB are free");
    }

    static NetworkException Refusal(string why) => new(why, reached: true);
}
