namespace GpuStyle.WeightsLoader;

/// <summary>
/// What a .mat file's variables hold, under paths such as <c>layers[0].weights[1]</c>: cells and struct arrays counted from zero in the
/// order of memory, a struct of one without an index. Numbers are tensors, texts metadata.
/// </summary>
sealed class MatlabTensors(DescriptionBudget budget)
{
    /// <summary>Cells and structs within each other; MatConvNet's networks have four.</summary>
    const int Deepest = 16;

    const int LongestPath = 256;

    /// <summary>What a byte of a text costs at most: itself, a character, and a character and a line's end twice.</summary>
    public const int TextCost = 12;

    readonly Dictionary<string, string> texts = new(StringComparer.Ordinal);
    readonly TensorList tensors = new(budget);

    /// <summary>The numbers.</summary>
    public IReadOnlyList<TensorEntry> Tensors => this.tensors.Entries;

    /// <summary>The texts, by path.</summary>
    public IReadOnlyDictionary<string, string> Texts => this.texts;

    /// <summary>To be called for every variable, cell and field before it is read.</summary>
    /// <exception cref="FormatException">Too deep, too long, or more than the file can hold.</exception>
    public void Enter(string path, int depth)
    {
        if (depth > Deepest || path.Length > LongestPath)
            throw new FormatException($"has cells or structs nested too deep at {Text.Quote(path)}: save the weights in a plainer form");
        budget.Take(100 + (2 * path.Length));
    }

    /// <summary>Sets memory aside.</summary>
    public void Take(long bytes) => budget.Take(bytes);

    /// <summary>Adds numbers.</summary>
    public void Add(ArrayTensor tensor) => this.tensors.Add(tensor);

    /// <summary>Adds a text: characters in columns-first order, as many rows as it has.</summary>
    public void Add(string path, string characters, long rows)
    {
        string text = rows > 1 && characters.Length % rows == 0 ? Rows(characters, (int)rows) : characters;
        if (!this.texts.TryAdd(path, text)) throw new FormatException($"has the variable {Text.Quote(path)} twice; save it again");
    }

    static string Rows(string characters, int rows)
    {
        int columns = characters.Length / rows;
        var lines = new char[characters.Length + rows - 1];
        for (int row = 0, at = 0; row < rows; row++)
        {
            if (row > 0) lines[at++] = '\n';
            for (int column = 0; column < columns; column++) lines[at++] = characters[row + (rows * column)];
        }
        return new string(lines);
    }

    /// <summary>The path of the part of a cell array or struct array.</summary>
    public static string Part(string path, long index) => $"{path}[{index}]";

    /// <summary>The path of a field.</summary>
    public static string Field(string path, string field) => $"{path}.{field}";
}
