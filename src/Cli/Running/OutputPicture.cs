using GpuStyle.Imaging;

namespace GpuStyle.Cli.Running;

/// <summary>The place that <c>-o</c> names for a picture: a file, or with <c>-</c> standard output, which takes a PNG.</summary>
internal static class OutputPicture
{
    /// <summary>The word for standard output.</summary>
    public const string Standard = "-";

    /// <summary>The name of the file that a picture for standard output is written to first.</summary>
    const string Name = "out.png";

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
        const string Advice = "send it to a file or a program, or name a file.";
        if (StandardStreams.IsClosed) throw new UserErrorException($"-o {target}: standard output is closed; {Advice}");
        if (StandardStreams.IsTerminal)
            throw new UserErrorException($"-o {target}: standard output is a terminal, and a picture is no text; {Advice}");
        string? file = null;
        try
        {
            Rescue.Remove(Rescue.InNewFolder(Name, made => PictureFile.CheckSave(file = made, width, height, options)));
        }
        catch (PictureException e)
        {
            throw new PictureException(e.Message.Replace(file ?? Name, target), e);
        }
    }

    /// <summary>
    /// Saves the picture there. One that cannot be saved is put elsewhere, and the failure's message says where.
    /// </summary>
    /// <exception cref="FailureException">It could not be saved where it belongs.</exception>
    public static SaveReport Save(string target, PictureRows picture, SaveOptions options)
    {
        if (!IsStandard(target)) return Rescue.Save(target, picture, options);
        string file;
        try
        {
            file = Rescue.Elsewhere(Name, picture, options);
        }
        catch (PictureException e)
        {
            throw new FailureException(e.Message.Replace(Name, target));
        }
        using (var bytes = File.OpenRead(file))
            if (StandardStreams.Send(bytes) is { } failure)
                throw new FailureException($"standard output cannot be written ({failure.Reason}). The picture is in {file} for now.");
        Rescue.Remove(file);
        // A PNG holds transparency.
        return new(AlphaFlattened: false);
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
}
