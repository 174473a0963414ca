namespace GpuStyle.WeightsLoader;

/// <summary>
/// What describing a file may cost in memory: some fixed kilobytes and twice the file's length. A small file that speaks of very much -
/// thousands of empty tensors, names inside names, cells that refer to each other - is refused before that much is set aside.
/// </summary>
sealed class DescriptionBudget(long fileLength)
{
    long left = (192 << 10) + (2 * fileLength);
    long unpacking = (256 << 20) + (16 * fileLength);

    /// <summary>Takes so many bytes.</summary>
    /// <exception cref="FormatException">The budget is spent.</exception>
    public void Take(long bytes)
    {
        if ((this.left -= bytes) < 0)
            throw new FormatException($"describes more than a file of {fileLength} bytes can hold; copy or download it again");
    }

    /// <summary>Takes so many bytes that are unpacked without keeping them: time, not memory. Weights rarely shrink to a quarter.</summary>
    /// <exception cref="FormatException">More than any weights unpack to.</exception>
    public void Unpack(long bytes)
    {
        if ((this.unpacking -= bytes) < 0)
            throw new FormatException($"unpacks to far more than weights of {fileLength} bytes do; copy or download it again");
    }
}
