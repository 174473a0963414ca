namespace GpuStyle.WeightsLoader;

/// <summary>The tensors of a file while they are found: no name twice, no more than the file can hold.</summary>
sealed class TensorList(DescriptionBudget budget)
{
    const int MaximumRank = 32;

    readonly List<TensorEntry> entries = [];
    readonly HashSet<string> names = new(StringComparer.Ordinal);

    /// <summary>What was found.</summary>
    public IReadOnlyList<TensorEntry> Entries => this.entries;

    /// <summary>Adds one.</summary>
    public void Add(TensorEntry entry)
    {
        budget.Take(300 + (2 * entry.Name.Length) + (16 * entry.Shape.Count));
        if (!this.names.Add(entry.Name)) throw new FormatException($"has the tensor {Text.Quote(entry.Name)} twice");
        this.entries.Add(entry);
    }

    /// <summary>The number of elements of a shape out of a file.</summary>
    public static long Count(string name, IReadOnlyList<long> shape)
    {
        if (shape.Count > MaximumRank) throw new FormatException($"has tensor {Text.Quote(name)} with {shape.Count} dimensions: it is damaged; get it again");
        Int128 elements = 1;
        foreach (long size in shape)
        {
            if (size < 0) throw Misfit(name, shape);
            elements *= size;
            if (elements > long.MaxValue) elements = long.MaxValue; // too many for any file, unless a zero follows
        }
        return (long)elements;
    }

    /// <summary>A shape that does not fit what is there.</summary>
    public static FormatException Misfit(string name, IReadOnlyList<long> shape) =>
        new($"has tensor {Text.Quote(name)} of {(shape.Count > 8 ? $"{shape.Count} dimensions" : $"shape {Text.Shape(shape)}")}, which does not fit its values: it is damaged; get it again");
}
