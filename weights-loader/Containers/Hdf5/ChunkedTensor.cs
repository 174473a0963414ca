using System.Runtime.InteropServices;

namespace GpuStyle.WeightsLoader;

/// <summary>A tensor whose elements lie in chunks.</summary>
sealed record ChunkedTensor(string Name, string Type, IReadOnlyList<long> Shape, long Elements, Hdf5Chunks Chunks)
    : ArrayTensor(Name, Type, Shape, Elements, FilePart.None, 0)
{
    /// <inheritdoc/>
    protected override long ReadStored(Span<float> values)
    {
        var bytes = Storage == "F32" ? MemoryMarshal.AsBytes(values) : new byte[(long)values.Length * ElementTypes.Bits(Storage) / 8];
        Chunks.Read(bytes);
        StoredElements.Convert(Storage, bytes, values, BigEndian);
        return FloatConversion.IndexOfNonFinite(values);
    }
}
