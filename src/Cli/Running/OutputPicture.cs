using GpuStyle.Imaging;

namespace GpuStyle.Cli.Running;

/// <summary>The place that <c>-o</c> names for a picture: a file, or with <c>-</c> standard output, which takes a PNG.</summary>
internal static class OutputPicture
{
    /// <summary>The word for standard output.</summary>
    public const string Standard = "-";

    /// <summary>Whether the word means standard output.</summary>
    public static bool IsStandard(string target) => target is Standard or "/dev/stdout" or "/dev/fd/1";

    /// <summary>What a word after <c>-o</c> names, standard output always by the same word.</summary>
    public static string Of(string word) => IsStandard(word) ? Standard : word;

    /// <summary>Says before the run whether a picture of this size can go there.</summary>
    /// <exception cref="UserErrorException">Standard output is a terminal, or closed.</exception>
    /// <exception cref="PictureException">As <see cref="PictureFile.CheckSave"/>.</exception>
    public static void Check(string target, int width, int height, SaveOptions? options = null)
    {
        if (!IsStandard(target))
        {
            PictureFile.CheckSave(target, width, height, options);
            return;
        }
        if (StandardStreams.IsClosed) throw new UserErrorException($"-o {target}: standard output is closed; send it to a file or a program, or name a file.");
        if (StandardStreams.IsTerminal) throw new UserErrorException($"-o {target}: standard output is a terminal, and a picture is no text; send it to a file or a program, or name a file.");
        string like = Path.Combine(Path.GetTempPath(), "standard-output.png");
        try
        {
            PictureFile.CheckSave(like, width, height, options);
        }
        catch (PictureException e)
        {
            throw new PictureException(e.Message.Replace(like, target), e);
        }
    }

    /// <summary>
    /// Saves the picture there. One that cannot be saved is put into the folder for temporary files, and the failure's message says so.
    /// </summary>
    /// <exception cref="FailureException">It could not be saved where it belongs.</exception>
    public static SaveReport Save(string target, PictureRows picture, SaveOptions options)
    {
        if (!IsStandard(target)) return Rescue.Save(target, picture, options);
        string folder = TemporaryFolder(), file = Path.Combine(folder, "out.png");
        var report = PictureFile.SaveRows(file, picture, options);
        using (var bytes = File.OpenRead(file))
            if (StandardStreams.Send(bytes) is { } failure) throw new FailureException($"standard output cannot be written ({failure.Reason}). The picture is in {file} for now.");
        Directory.Delete(folder, recursive: true);
        return report;
    }

    /// <summary>
    /// Says that a command has written a file: on standard output, unless that has the picture. Where this cannot be said, nothing is lost
    /// for it.
    /// </summary>
    /// <param name="target">The file.</param>
    /// <param name="line">What to say of it.</param>
    /// <param name="code">What the command ends with.</param>
    /// <returns>The same code.</returns>
    /// <exception cref="FailureException">Standard output could not take the line, and not because its reader had enough.</exception>
    public static int Announce(string target, string line, int code = CommandTree.Done)
    {
        if (IsStandard(target))
        {
            Terminal.Say(line);
            return code;
        }
        Console.WriteLine(line);
        return StandardStreams.Flush() is not { BrokenPipe: false } failure || code != CommandTree.Done ? code
            : throw new FailureException($"{target} is saved, but standard output cannot be written ({failure.Reason}).");
    }

    /// <summary>A new folder among the temporary files.</summary>
    public static string TemporaryFolder() => Directory.CreateTempSubdirectory("gpustyle-").FullName;
}
