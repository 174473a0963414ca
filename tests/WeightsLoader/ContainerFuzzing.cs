using System.Diagnostics;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>A sound file to be damaged.</summary>
/// <param name="Bytes">Its bytes, or what <paramref name="Finish"/> makes a file of.</param>
/// <param name="Structure">How many of the first bytes hold structure and not data: most changes fall there. 0: all.</param>
/// <param name="Finish">
/// Makes a file of the damaged bytes: puts a length or a checksum right that would else hide what lies behind it, compresses, packs.
/// </param>
sealed record FuzzingSeed(byte[] Bytes, int Structure = 0, Func<byte[], Random, byte[]>? Finish = null);

/// <summary>
/// Damaged files of every kind are read or refused in one line that begins with the path, soon, and in little memory; nothing else
/// happens. A round depends on the seed and its own number alone. <c>GPUSTYLE_FUZZ=20</c> makes all tests' rounds twenty times as many.
/// </summary>
sealed class ContainerFuzzing : IDisposable
{
    /// <summary>What opening a file, and then reading each tensor of it, may allocate: three times the file and a constant.</summary>
    const int Times = 3, Constant = 256 << 10;

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    long started = Stopwatch.GetTimestamp();
    int round, read;
    long largest;
    TimeSpan slowest;

    /// <summary>Where the damaged file lies; a test puts companions (external data, shards) beside it.</summary>
    public TemporaryFolder Folder { get; } = new();

    /// <summary>Damages the seeds in turn: <see cref="Damage"/> for a container of one file.</summary>
    public static void Run(IReadOnlyList<FuzzingSeed> seeds, int rounds)
    {
        using var fuzzing = new ContainerFuzzing();
        fuzzing.Damage(seeds, rounds);
    }

    /// <summary>Damages the seeds in turn, in a file of the given name.</summary>
    /// <param name="seeds">Sound files, each of which is read first as it is.</param>
    /// <param name="rounds">How many damaged files.</param>
    /// <param name="name">The name of the file that is damaged.</param>
    /// <param name="open">The name of the file that is opened, where it is another: the damaged one is its companion.</param>
    public void Damage(IReadOnlyList<FuzzingSeed> seeds, int rounds, string name = "mutant", string? open = null)
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("GPUSTYLE_FUZZ"), out int factor)) rounds *= factor;
        string damaged = Folder[name], opened = Folder[open ?? name];
        foreach (var seed in seeds)
        {
            Folder.Add(name, seed.Finish is null ? seed.Bytes : seed.Finish(seed.Bytes, new Random(0)));
            Open(opened); // a seed that is refused tests nothing
        }
        (this.read, this.slowest, this.largest) = (0, TimeSpan.Zero, long.MinValue);
        Exception? failure = null;
        // A thread of its own, which the round's limit can give up; a stack overflow would end the process all the same.
        var thread = new Thread(() =>
        {
            try
            {
                for (this.round = 0; this.round < rounds; this.round++) Round(seeds[this.round % seeds.Count], name, opened);
            }
            catch (Exception e)
            {
                failure = e;
            }
        })
        { IsBackground = true };
        this.started = Stopwatch.GetTimestamp();
        thread.Start();
        while (!thread.Join(100))
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref this.started)) > Limit)
                Assert.Fail($"round {this.round} hangs: {Keep(damaged)}");
        if (failure is not null) Assert.Fail($"round {this.round}: {Keep(damaged)}: {failure}");
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{rounds} damaged files: {this.read} read and the others refused; the slowest took {this.slowest.TotalMilliseconds:0} ms, "
            + $"the largest allocation beyond {Times} times the file was {this.largest} bytes");
        Assert.InRange(this.read, 1, rounds - 1);
    }

    void Round(FuzzingSeed seed, string name, string opened)
    {
        Volatile.Write(ref this.started, Stopwatch.GetTimestamp());
        var random = new Random(20160627 + this.round);
        byte[] mutant = Mutation.Of(seed.Bytes, seed.Structure, random);
        Folder.Add(name, seed.Finish is null ? mutant : seed.Finish(mutant, random)); // fails where an earlier round left the file open
        Try(opened);
        var took = Stopwatch.GetElapsedTime(this.started);
        if (took > this.slowest) this.slowest = took;
    }

    /// <summary>A file made of one thing many times, which costs it a byte or two and could cost the reader a hundred: the same rules.</summary>
    public static void Run(byte[] file)
    {
        using var fuzzing = new ContainerFuzzing();
        var start = Stopwatch.StartNew();
        fuzzing.Try(fuzzing.Folder.Add("bomb", file));
        Assert.True(start.Elapsed < Limit, $"{start.Elapsed}");
    }

    void Try(string path)
    {
        try
        {
            Open(path);
            this.read++;
            WeightFile.Load(path);
        }
        catch (WeightsException e)
        {
            Assert.DoesNotContain('\n', e.Message);
            Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
            Assert.True(e.Message.Length < 600, e.Message);
        }
    }

    void Open(string path)
    {
        long length = Directory.GetFiles(Folder.Root).Sum(file => new FileInfo(file).Length);
        using var file = Measured(length, () => TensorFiles.Open(path));
        foreach (var tensor in file.Tensors.Where(t => t.IsReadable)) Measured(length, () => file.ReadFloat32(tensor.Name));
    }

    T Measured<T>(long length, Func<T> action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            return action();
        }
        finally
        {
            long beyond = GC.GetAllocatedBytesForCurrentThread() - before - (Times * length);
            this.largest = Math.Max(this.largest, beyond);
            Assert.True(beyond <= Constant, $"a file of {length} bytes allocated {beyond} bytes more than {Times} times as much");
        }
    }

    /// <summary>Keeps the file that failed.</summary>
    static string Keep(string path)
    {
        string kept = Path.Combine(Path.GetTempPath(), $"gpustyle-fuzzing-{Guid.NewGuid():N}");
        File.Copy(path, kept);
        return kept;
    }

    public void Dispose() => Folder.Dispose();
}
