namespace GpuStyle.WeightsLoader;

/// <summary>
/// What the description of a file's tensors may take in memory: a little and twice the file. Two bytes can describe an object of a
/// hundred, and a file can be made of nothing else; a sound file's tensors are far larger than their description.
/// </summary>
sealed class MemoryBudget(InputFile file)
{
    long left = (128 << 10) + (2 * file.Length);

    /// <summary>Takes note of so many bytes, about to be allocated.</summary>
    /// <exception cref="FormatException">It is too much; the message continues "FILE ...".</exception>
    public void Charge(long bytes)
    {
        if (bytes < 0 || bytes > this.left)
            throw new FormatException("describes more than a file of its length can hold: it is damaged or made to do harm; get it again");
        this.left -= bytes;
    }
}
