using System.Globalization;
using System.Text.RegularExpressions;
using GpuStyle.Files;

namespace GpuStyle.Cli.Running;

/// <summary>
/// The files that a command writes: none may be one that it reads, and no two the same. They are compared as files, through links and under
/// whatever names.
/// </summary>
internal static partial class WrittenFiles
{
    /// <summary>Refuses what would lose a file.</summary>
    /// <param name="written">Options and their files; null where an option is not given.</param>
    /// <param name="read">Files that are read; null where there is none.</param>
    /// <exception cref="UserErrorException">One would be overwritten.</exception>
    public static void Check(IEnumerable<(string Option, string? File)> written, IEnumerable<string?> read)
    {
        var taken = Read(read).Select(r => (r.Place, What: $"{r.File}, which is read")).ToList();
        foreach (var (option, file) in written)
        {
            if (file is null || (OutputPicture.IsStandard(file) && !File.Exists(StandardOutput))) continue;
            if (file.Contains('\uFFFD'))
                throw new UserErrorException($"{option} {file}: the name cannot be decoded, since it is not UTF-8, so another file would be written; choose another name.");
            // Standard output may be sent to the end of a file.
            var place = Place(option, OutputPicture.IsStandard(file) ? StandardOutput : file);
            if (taken.Find(t => t.Place.Same(place)).What is { } lost)
                throw new UserErrorException($"{option} {file} would overwrite {lost}; choose another name.");
            taken.Add((place, $"{option} {file}"));
        }
    }

    /// <summary>Refuses what would lose a file to those that a run writes beside its target.</summary>
    /// <param name="target">What <c>-o</c> says.</param>
    /// <param name="intermediate">Whether pictures on the way are saved.</param>
    /// <param name="read">Files that are read; null where there is none.</param>
    /// <param name="written">Other options and their files; null where an option is not given.</param>
    /// <exception cref="UserErrorException">One could be overwritten.</exception>
    public static void CheckBeside(
        string target, bool intermediate, IEnumerable<string?> read, params IEnumerable<(string Option, string? File)> written)
    {
        if (OutputPicture.IsStandard(target)) return;
        string folder = Path.GetDirectoryName(target) is { Length: > 0 } named ? named : ".";
        string stem = $"{Path.GetFileNameWithoutExtension(target)}-", extension = Path.GetExtension(target);
        bool MayBeGiven(string name) => name.Length >= stem.Length + extension.Length
            && name.StartsWith(stem, StringComparison.OrdinalIgnoreCase) && name.EndsWith(extension, StringComparison.OrdinalIgnoreCase)
            && name[stem.Length..^extension.Length] is var suffix
            && (suffix.Equals(Good, StringComparison.OrdinalIgnoreCase) || (intermediate && Digits().IsMatch(suffix)));
        (string File, FilePlace Place, string What)[] others =
        [
            .. Read(read).Select(r => (r.File, r.Place, $"{r.File}, which is read,")),
            .. written.Prepend((Option: "-o", File: target)).Where(w => w.File is not null)
                .Select(w => (w.File!, Place(w.Option, w.File!), $"{w.Option} {w.File}")),
        ];
        var given = others.SelectMany(o => new[] { o.File, o.Place.Path }).Select(f => Path.GetFileName(f)!);
        var names = Names(folder).Concat(given).Where(MayBeGiven).Distinct();
        // A system that ignores case finds the file under the name that the run would give.
        foreach (string name in names.Select(n => Beside(target, n[stem.Length..^extension.Length].ToLowerInvariant())))
            if (Found(name, byName: false) is { } place && others.FirstOrDefault(o => o.Place.Same(place)).What is { } lost)
                throw new UserErrorException($"-o {target}: {lost} has a name that the run may give to another picture, {name}, " +
                    "or is linked to it; choose another name for one of the two.");
    }

    /// <summary>Where the picture after so many iterations goes: out.png's is out-0050.png.</summary>
    public static string After(string target, int iteration) => Beside(target, iteration.ToString("d4", CultureInfo.InvariantCulture));

    /// <summary>Where the best picture of a run that failed goes.</summary>
    public static string LastGood(string target) => !OutputPicture.IsStandard(target) ? Beside(target, Good)
        : Path.Combine(TemporaryFiles.Folder, $"gpustyle-{Path.GetFileNameWithoutExtension(Path.GetRandomFileName())}-{Good}.png");

    const string StandardInput = "/dev/stdin", StandardOutput = "/dev/stdout";

    const string Good = "last-good";

    static string Beside(string target, string suffix) => Path.Combine(
        Path.GetDirectoryName(target) ?? "", $"{Path.GetFileNameWithoutExtension(target)}-{suffix}{Path.GetExtension(target)}");

    /// <summary>
    /// The places of files that are read; a file may be sent to standard input, too. Those that are opened by their names alone are told
    /// apart with .. removed by name, too.
    /// </summary>
    static IEnumerable<(string File, FilePlace Place)> Read(IEnumerable<string?> files)
    {
        foreach (string file in files.OfType<string>().Where(f => f.Length > 0).Distinct())
            if (file == OutputPicture.Standard)
            {
                if (File.Exists(StandardInput) && Found(StandardInput, byName: false) is { } place)
                    yield return ("- (standard input)", place);
            }
            else
                foreach (bool byName in new[] { false, true })
                    if (Found(file, byName) is { } place) yield return (file, place);
    }

    /// <summary>Null for what cannot be looked at; reading or writing it says why.</summary>
    static FilePlace? Found(string file, bool byName)
    {
        try
        {
            return FilePlace.Of(byName ? Path.GetFullPath(file) : file);
        }
        catch (Exception e) when (e is FileException or ArgumentException)
        {
            return null;
        }
    }

    static FilePlace Place(string option, string file)
    {
        try
        {
            return FilePlace.Of(file);
        }
        catch (FileException e)
        {
            throw new UserErrorException($"{option} {file} cannot be written: {e.Problem}; {e.Advice}.");
        }
    }

    /// <summary>The names in a folder; none where it cannot be listed.</summary>
    static string[] Names(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(folder).Select(f => Path.GetFileName(f))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [GeneratedRegex("^[0-9]{4,}$")]
    private static partial Regex Digits();
}
