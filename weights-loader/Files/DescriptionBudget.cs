namespace GpuStyle.WeightsLoader;

/// <summary>
/// What describing a file may cost in memory: some fixed kilobytes and twice the file's length. A small file that speaks of very much -
/// thousands of empty tensors, names inside names, cells that refer to each other - is refused before that much is set aside.
/// </summary>
sealed class DescriptionBudget(long fileLength)
{
    long left = (192 << 10) + (2 * fileLength);

    /// <summary>Takes so many bytes.</summary>
    /// <exception cref="FormatException">The budget is spent.</exception>
    public void Take(long bytes)
    {
        if ((this.left -= bytes) < 0)
            throw new FormatException($"describes more than a file of {fileLength} bytes can hold; copy or download it again");
    }
}
