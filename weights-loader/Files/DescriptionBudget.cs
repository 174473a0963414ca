namespace GpuStyle.WeightsLoader;

/// <summary>
/// What describing a file may cost in memory: some fixed kilobytes and twice the file's length. A small file that speaks of very much -
/// thousands of empty tensors, names inside names, cells that refer to each other - is refused before that much is set aside.
/// </summary>
sealed class DescriptionBudget(long fileLength)
{
    /// <summary>About what a described tensor costs beside its name.</summary>
    const int Entry = 250;

    long left = (192 << 10) + (2 * fileLength);

    /// <summary>Takes what one more tensor or text costs.</summary>
    /// <param name="characters">The length of its name, and of its text.</param>
    /// <exception cref="FormatException">The budget is spent.</exception>
    public void TakeEntry(long characters) => Take(Entry + (2 * characters));

    /// <summary>Takes so many bytes.</summary>
    /// <exception cref="FormatException">The budget is spent.</exception>
    public void Take(long bytes)
    {
        if ((this.left -= bytes) < 0)
            throw new FormatException($"describes more than a file of {fileLength} bytes can hold; copy or download it again");
    }
}
