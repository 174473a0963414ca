namespace GpuStyle.WeightsLoader;

/// <summary>A dictionary (or an OrderedDict) in the order of its making. Attributes that a pickle sets on it are dropped.</summary>
sealed class PickleDictionary : IPickleState
{
    public List<(object? Key, object? Value)> Items { get; } = [];

    void IPickleState.Set(object? state) { }
}

/// <summary>
/// Bytes that stay in the file. Python 2 wrote its texts so, therefore <paramref name="Text"/>: what short bytes say in Latin-1.
/// </summary>
sealed record PickleBytes(long Position, long Length, string? Text);

/// <summary>An object that a pickle may give a state (Python's <c>__setstate__</c>).</summary>
interface IPickleState
{
    void Set(object? state);
}

/// <summary>A constructor or function that a pickle may call.</summary>
/// <param name="arguments">Checked by nobody yet.</param>
delegate object? PickleConstructor(object?[] arguments);

/// <summary>What pickles of one kind of file may ask for: a list of names, and nothing else, ever.</summary>
abstract class PickleTypes
{
    /// <summary>What to do when a pickle asks for more.</summary>
    public abstract string Advice { get; }

    /// <summary>The class or function of that name: a <see cref="PickleConstructor"/> if it can be called; null if it is not allowed.</summary>
    public abstract object? Find(string module, string name);

    /// <summary>The object that lies outside the pickle under that identity.</summary>
    public virtual object? Persistent(object? identity) => throw PickleReader.Damaged("it refers to objects outside of it");
}

/// <summary>Ways into what a pickle gave.</summary>
static class PickleValue
{
    /// <summary>A text, of Python 3 or 2, or null.</summary>
    public static string? Text(object? value) => value as string ?? (value as PickleBytes)?.Text;

    /// <summary>A list's or tuple's items, or null.</summary>
    public static IReadOnlyList<object?>? Items(object? value) => value as IReadOnlyList<object?>;

    /// <summary>A tuple of whole numbers that are not negative, or null.</summary>
    public static long[]? Numbers(object? value)
    {
        if (Items(value) is not { } items) return null;
        var numbers = new long[items.Count];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (items[i] is not (long and >= 0 and var number)) return null;
            numbers[i] = number;
        }
        return numbers;
    }

    /// <summary>collections.OrderedDict: empty, or of a list of pairs.</summary>
    public static object? OrderedDictionary(object?[] arguments)
    {
        var dictionary = new PickleDictionary();
        if (arguments is []) return dictionary;
        if (arguments is not [IReadOnlyList<object?> pairs]) throw PickleReader.Damaged("an OrderedDict is not made of pairs");
        foreach (object? pair in pairs)
            dictionary.Items.Add(Items(pair) is [var key, var value] ? (key, value) : throw PickleReader.Damaged("an OrderedDict is not made of pairs"));
        return dictionary;
    }

    /// <summary>
    /// The things of type <typeparamref name="T"/> in a tree of dictionaries, lists and tuples, each under its keys joined by dots; a tree that is
    /// itself such a thing is called <paramref name="bare"/>. A branch that hangs in two places is taken at the first.
    /// </summary>
    public static List<(string Name, T Leaf)> Leaves<T>(object? tree, string bare, DescriptionBudget budget) where T : class
    {
        const int DeepestNesting = 32;
        var leaves = new List<(string, T)>();
        var branches = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Walk(tree, "", 0);
        return leaves;

        void Walk(object? value, string name, int depth)
        {
            if (value is T leaf) leaves.Add((name.Length == 0 ? bare : name, leaf));
            if (value is not (PickleDictionary or IReadOnlyList<object?>)) return;
            budget.Take(64);
            if (!branches.Add(value)) return;
            if (depth == DeepestNesting) throw PickleReader.Damaged($"it nests deeper than {DeepestNesting} dictionaries");
            if (value is PickleDictionary dictionary)
                foreach (var (key, item) in dictionary.Items) Step(item, Text(key) ?? (key is long number ? $"{number}" : null), name, depth);
            else
                for (int i = 0; i < Items(value)!.Count; i++) Step(Items(value)![i], $"{i}", name, depth);
        }

        void Step(object? value, string? key, string name, int depth)
        {
            if (key is null || value is not (T or PickleDictionary or IReadOnlyList<object?>)) return;
            budget.Take(96 + (2 * (name.Length + key.Length)));
            Walk(value, name.Length == 0 ? key : $"{name}.{key}", depth + 1);
        }
    }
}
