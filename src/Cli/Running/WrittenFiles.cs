using System.Globalization;
using System.Text.RegularExpressions;

namespace GpuStyle.Cli.Running;

/// <summary>The files that a command writes: none may be one that it reads, and no two the same.</summary>
internal static partial class WrittenFiles
{
    /// <summary>Refuses what would lose a file.</summary>
    /// <param name="written">Options and their files; null where an option is not given.</param>
    /// <param name="read">Files that are read; null where there is none.</param>
    /// <exception cref="UserErrorException">One would be overwritten.</exception>
    public static void Check(IEnumerable<(string Option, string? File)> written, IEnumerable<string?> read)
    {
        var taken = new Dictionary<string, string>();
        foreach (string file in read.OfType<string>()) taken[Path.GetFullPath(file)] = $"{file}, which is read";
        foreach (var (option, file) in written)
            if (file is not null && !taken.TryAdd(Path.GetFullPath(file), $"{option} {file}"))
                throw new UserErrorException($"{option} {file} would overwrite {taken[Path.GetFullPath(file)]}; choose another name.");
    }

    /// <summary>Refuses what would lose a file to those that a run writes beside its target.</summary>
    /// <param name="target">What <c>-o</c> says.</param>
    /// <param name="intermediate">Whether pictures on the way are saved.</param>
    /// <param name="read">Files that are read; null where there is none.</param>
    /// <exception cref="UserErrorException">One could be overwritten.</exception>
    public static void CheckBeside(string target, bool intermediate, IEnumerable<string?> read)
    {
        string prefix = Path.GetFullPath(Beside(target, ""))[..^Path.GetExtension(target).Length], extension = Path.GetExtension(target);
        bool Clashes(string full) => full.StartsWith(prefix, StringComparison.Ordinal) && full.EndsWith(extension, StringComparison.Ordinal) && full.Length >= prefix.Length + extension.Length
            && full[prefix.Length..^extension.Length] is var suffix && (suffix == Good || (intermediate && Digits().IsMatch(suffix)));
        if (read.OfType<string>().FirstOrDefault(f => Clashes(Path.GetFullPath(f))) is { } lost)
            throw new UserErrorException($"-o {target}: {lost}, which is read, has a name that the run may give to another picture; choose another name for one of the two.");
    }

    /// <summary>Where the picture after so many iterations goes: out.png's is out-0050.png.</summary>
    public static string After(string target, int iteration) => Beside(target, iteration.ToString("d4", CultureInfo.InvariantCulture));

    /// <summary>Where the best picture of a run that failed goes.</summary>
    public static string LastGood(string target) => Beside(target, Good);

    const string Good = "last-good";

    static string Beside(string target, string suffix) => Path.Combine(Path.GetDirectoryName(target) ?? "", $"{Path.GetFileNameWithoutExtension(target)}-{suffix}{Path.GetExtension(target)}");

    [GeneratedRegex("^[0-9]{4,}$")]
    private static partial Regex Digits();
}
