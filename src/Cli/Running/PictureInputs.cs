using System.CommandLine;
using GpuStyle.Imaging;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>Content and styles in the colours that a run sees, and what made the styles' so.</summary>
internal sealed record RunSources(PictureSource? Content, IReadOnlyList<PictureSource> Styles, IReadOnlyList<ColourMap?> StyleMaps);

/// <summary>
/// The pictures and masks that the runs of one command work from: each is opened once, in however many of the runs it is, and what is equal is the same object, so that
/// runs can tell that they aim at the same.
/// </summary>
internal sealed class PictureInputs
{
    readonly Dictionary<object, object> made = [];

    /// <summary>A picture; parameters as those of <see cref="PictureInput"/>.</summary>
    public PictureInput Open(string path, int size, string option = "--size") =>
        Once((FullPath(path), size), () => new PictureInput(path, size, option));

    /// <summary>The whole of a path.</summary>
    /// <exception cref="UserErrorException">It is none: it is empty, or has a character that no path has.</exception>
    public static string FullPath(string path)
    {
        try
        {
            return Path.GetFullPath(path);
        }
        catch (ArgumentException)
        {
            throw new UserErrorException($"'{path.Replace('\0', '?')}' is no name of a file; name a picture.");
        }
    }

    /// <summary>A run's masks, if they are right; parameters as those of <see cref="MaskOptions.Find"/>.</summary>
    public RunMasks Masks(MaskOptions options, ParseResult parsed, (string File, int Width, int Height) picture, bool content, IReadOnlyList<StyleFile> styles) =>
        Once((options.WordsIn(parsed), picture, content, string.Join('\n', styles)), () => options.Find(parsed, picture, content, styles));

    /// <summary>A run's pictures in the colours that it sees.</summary>
    public RunSources InColours(ContentColours colours, PictureInput? content, PictureInput[] styles) =>
        Once((colours, content, string.Join('\n', styles.Select(s => (s.Name, s.Width, s.Height)))), () =>
        {
            var maps = colours.OfStyles(content is null ? null : space => content.Statistics(space), styles.Select(s => (Func<ColourSpace, ColourStatistics>)(space => s.Statistics(space))));
            return new RunSources(content?.In(colours.OfContent()), [.. styles.Zip(maps, (style, map) => style.In(map))], maps);
        });

    T Once<T>(object key, Func<T> make) where T : class
    {
        if (!made.TryGetValue(key, out object? thing)) made[key] = thing = make();
        return (T)thing;
    }
}
