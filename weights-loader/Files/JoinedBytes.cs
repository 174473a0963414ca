namespace GpuStyle.WeightsLoader;

/// <summary>Several sources one after the other, as if they were one.</summary>
sealed class JoinedBytes(IReadOnlyList<IByteSource> parts) : IByteSource
{
    /// <inheritdoc/>
    public long Length { get; } = parts.Sum(part => part.Length);

    /// <inheritdoc/>
    public void Read(Span<byte> target, long position)
    {
        foreach (var part in parts)
        {
            if (target.IsEmpty) return;
            if (position < part.Length)
            {
                int count = (int)Math.Min(target.Length, part.Length - position);
                part.Read(target[..count], position);
                target = target[count..];
                position = 0;
            }
            else position -= part.Length;
        }
    }
}
