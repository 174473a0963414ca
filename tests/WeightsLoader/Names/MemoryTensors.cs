using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>A container in memory: whatever tensors and texts a test wants, in one order and under any names.</summary>
sealed class MemoryTensors : TensorFile
{
    readonly List<Entry> entries = [];
    readonly Dictionary<string, string> metadata = [];

    public override string Path => "memory/file.any";

    public override IReadOnlyList<TensorEntry> Tensors => this.entries;

    public override IReadOnlyDictionary<string, string> Metadata => this.metadata;

    public MemoryTensors Add(string name, long[] shape, float[] values)
    {
        this.entries.Add(new Entry(name, shape, values));
        return this;
    }

    public MemoryTensors Say(string key, string text)
    {
        this.metadata.Add(key, text);
        return this;
    }

    protected override long Read(TensorEntry entry, Span<float> values)
    {
        ((Entry)entry).Values.CopyTo(values);
        return Array.FindIndex(((Entry)entry).Values, v => !float.IsFinite(v));
    }

    protected override void Dispose(bool disposing)
    {
    }

    sealed record Entry(string Name, IReadOnlyList<long> Shape, float[] Values) : TensorEntry(Name, "F32", Shape, Values.Length, true);
}
