using System.Runtime.Versioning;
using GpuStyle.Cli;
using GpuStyle.Cli.Running;
using GpuStyle.Files;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Files;

/// <summary>
/// Random folders full of links: whatever names a run is given to write, no file that it reads changes, and permissions stay.
/// </summary>
[Trait("Takes", "long")]
[UnsupportedOSPlatform("windows")]
public sealed class LinkTreeTests : IDisposable
{
    static readonly string[] Folders = ["", "a", "a/b", "c"];
    static readonly string[] Names = ["out.png", "out-0001.png", "OUT-0002.png", "out-last-good.png", "content.png", "t.jsonl", "x"];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void What_is_read_does_not_change(int seed)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        var random = new Random(seed);
        int written = 0, refused = 0;
        for (int tree = 0; tree < 40; tree++)
        {
            string root = folder[$"{tree}"];
            var files = Grow(root, random);
            for (int run = 0; run < 8; run++)
            {
                string[] read = [.. Enumerable.Range(0, 1 + random.Next(2)).Select(_ => Pick(random, files)).Distinct()];
                var before = read.ToDictionary(f => f, f => (File.ReadAllText(f), File.GetUnixFileMode(f)));
                string output = Some(root, files, random), trace = Some(root, files, random);
                bool all = random.Next(2) == 0;
                if (Writes(output, trace, all, read)) written++;
                else refused++;
                foreach (string file in read)
                    Assert.True(before[file] == (File.ReadAllText(file), File.GetUnixFileMode(file)),
                        $"{file} was lost to -o {output} --trace {trace}, --save-every {all}");
            }
        }
        // Neither is rare: the test would say nothing if all were.
        Assert.True(written > 60 && refused > 60, $"{written} written, {refused} refused");
    }

    /// <summary>What a run writes, if nothing refuses it: its picture, its trace, pictures on the way.</summary>
    static bool Writes(string output, string trace, bool intermediate, string[] read)
    {
        try
        {
            WrittenFiles.Check([("-o", output), ("--trace", trace)], read);
            WrittenFiles.CheckBeside(output, intermediate, read, ("--trace", trace));
            AtomicFile.Check(output);
        }
        catch (Exception e) when (e is UserErrorException or FileException)
        {
            return false;
        }
        string[] between = intermediate ? [WrittenFiles.After(output, 1), WrittenFiles.After(output, 2)] : [];
        string[] pictures = [WrittenFiles.LastGood(output), .. between, output];
        // A trace is written as the run goes, in place.
        File.WriteAllText(RealPath.Of(trace), "written");
        foreach (string file in pictures)
        {
            try
            {
                AtomicFile.Write(file, stream => stream.Write("written"u8));
            }
            catch (FileException) when (file != output)
            {
                // A picture on the way is a folder or a circle of links here; a run goes on without.
            }
        }
        Assert.Equal("written", File.ReadAllText(RealPath.Of(output)));
        return true;
    }

    /// <summary>Folders, files, hard links, and links of all kinds between them. Gives the paths that lead to files.</summary>
    static string[] Grow(string root, Random random)
    {
        foreach (string name in Folders) Directory.CreateDirectory(Path.Combine(root, name));
        Directory.CreateSymbolicLink(Path.Combine(root, "into"), random.Next(2) == 0 ? "a/b" : Path.Combine(root, "a"));
        string[] first = [Path.Combine(root, "c/content.png"), Path.Combine(root, "a/x")];
        foreach (string path in first) File.WriteAllText(path, path);
        for (int i = 0; i < 8; i++)
        {
            string path = Named(root, random);
            if (Path.Exists(path) || new FileInfo(path).LinkTarget is not null) continue;
            string target = Some(root, first, random);
            switch (random.Next(4))
            {
                case 0:
                    File.WriteAllText(path, $"file {i}");
                    File.SetUnixFileMode(
                        path, UnixFileMode.UserRead | UnixFileMode.UserWrite | (random.Next(2) == 0 ? UnixFileMode.GroupRead : 0));
                    break;
                case 1: File.CreateSymbolicLink(path, target); break;
                case 2: File.CreateSymbolicLink(path, Path.GetRelativePath(RealPath.Of(Path.GetDirectoryName(path)!), target)); break;
                default:
                    if (IsFile(target)) Assert.Equal(0, Tool.Run("ln", "-L", target, path).Code);
                    break;
            }
        }
        return [.. Folders.Append("into").SelectMany(name => Names.Select(file => Path.Combine(root, name, file))).Where(IsFile)];
    }

    /// <summary>Whether a path leads to a file. File.Exists takes a link that leads nowhere for one.</summary>
    static bool IsFile(string path)
    {
        try
        {
            File.OpenHandle(path).Dispose();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>One of these, or any name.</summary>
    static string Some(string root, string[] files, Random random) => random.Next(2) == 0 ? Pick(random, files) : Named(root, random);

    static string Named(string root, Random random) =>
        Path.Combine(root, Pick(random, [.. Folders, "into", "c/../a"]), Pick(random, Names));

    static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
