using GpuStyle.Files;
using GpuStyle.Imaging;
using GpuStyle.Tests.Imaging;

namespace GpuStyle.Tests.Cli;

/// <summary>A folder with a content and a style picture, and the program run in it on the cpu with small weights.</summary>
public abstract class CliTest : IDisposable
{
    private protected readonly TemporaryFolder folder = new();

    protected CliTest()
    {
        PictureFile.Save(folder["content.png"], Patterns.Gradient(48, 36));
        PictureFile.Save(folder["style.png"], Patterns.Fill(40, 40, (x, y) => ((x ^ y) * 6 % 256, x * y % 256, 40)));
    }

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Outcome Run(params IEnumerable<string> arguments) => Outcome.Of(folder[""], arguments);

    /// <summary>A transfer of two iterations; <paramref name="more"/> overrides its options.</summary>
    private protected Outcome Transfer(params string[] more) => Run(["transfer", "content.png", "style.png", .. Options(more)]);

    /// <summary>Options of a small, fast run, without those that are given.</summary>
    private protected static string[] Options(params string[] given)
    {
        (string Name, string Value)[] usual =
        [
            ("-o", "out.png"), ("--size", "48"), ("--iterations", "2"), ("--device", "cpu"), ("--weights", TestWeights.Shallow),
            ("--preset", "gram"), ("--content-layers", "relu2_1"), ("--style-layers", "relu1_1,relu2_1"),
        ];
        return [.. usual.Where(u => !given.Contains(u.Name)).SelectMany(u => new[] { u.Name, u.Value }), .. given];
    }

    /// <summary>Iterations that t.jsonl tells of, the file being written meanwhile.</summary>
    private protected int TraceLines()
    {
        if (!File.Exists(folder["t.jsonl"])) return 0;
        using var reader = new StreamReader(new FileStream(folder["t.jsonl"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Count(c => c == '\n');
    }

    /// <summary>
    /// What the plain files in the folder hold. A link to standard output would be waited on for ever where that is a pipe.
    /// </summary>
    private protected Dictionary<string, string> Snapshot() =>
        folder.Names.Where(n => FilePlace.Of(folder[n]).IsPlain).ToDictionary(n => n, n => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(folder[n]))));

    /// <summary>The arguments are refused in one line with these words, and not one byte in the folder has changed.</summary>
    private protected void Refused(IEnumerable<string> arguments, params string[] words)
    {
        if (!File.Exists(folder["out.png"])) File.Copy(folder["style.png"], folder["out.png"]);
        var before = Snapshot();
        Run(arguments).Refused(words);
        Assert.Equal(before, Snapshot());
    }

    /// <summary>As <see cref="Refused"/>, for a transfer with these options.</summary>
    private protected void TransferRefused(string[] more, params string[] words) => Refused(["transfer", "content.png", "style.png", .. Options(more)], words);
}
