namespace GpuStyle.Cli.Running;

/// <summary>The files that a command writes: none may be one that it reads, and no two the same.</summary>
internal static class WrittenFiles
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
}
