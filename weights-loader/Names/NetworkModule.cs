using System.Text.RegularExpressions;

namespace GpuStyle.WeightsLoader;

/// <summary>One layer of a network as its tensors' names put it together: a convolution, a batch normalisation, a classifier's layer.</summary>
/// <param name="name">Its name among the group's, such as <c>conv1_1</c> or <c>28</c>.</param>
sealed class NetworkModule(string name)
{
    public string Name => name;

    /// <summary>A convolution's kernel, a batch normalisation's factor (gamma).</summary>
    public TensorEntry? Weight { get; private set; }

    /// <summary>A convolution's bias, a batch normalisation's summand (beta).</summary>
    public TensorEntry? Bias { get; private set; }

    /// <summary>The mean that a batch normalisation subtracts.</summary>
    public TensorEntry? Mean { get; private set; }

    /// <summary>The variance that it divides by.</summary>
    public TensorEntry? Variance { get; private set; }

    /// <summary>Whether it could be a batch normalisation: values for channels alone.</summary>
    public bool IsNormalisation => Mean is not null || Variance is not null || Weight is { Shape.Count: 1 };

    /// <summary>The tensors that are there.</summary>
    public IEnumerable<TensorEntry> Tensors => new[] { Weight, Bias, Mean, Variance }.OfType<TensorEntry>();

    /// <summary>Takes a tensor in the part that its name gives it; the first of several counts.</summary>
    public void Add(TensorEntry tensor, Match name)
    {
        if (name.Groups["weight"].Success) Weight ??= tensor;
        else if (name.Groups["bias"].Success) Bias ??= tensor;
        else if (name.Groups["mean"].Success) Mean ??= tensor;
        else Variance ??= tensor;
    }
}

/// <summary>
/// The modules of a file whose names have one form and one prefix. What stands before the names that we know (<c>module.</c>,
/// <c>state_dict.</c>, <c>encoder.</c>, <c>model_weights/</c>) says nothing, but it keeps two networks in one file apart.
/// </summary>
sealed class ModuleGroup
{
    readonly Dictionary<string, NetworkModule> modules = new(StringComparer.Ordinal);

    public IReadOnlyCollection<NetworkModule> Modules => modules.Values;

    public NetworkModule? Find(string name) => modules.GetValueOrDefault(name);

    /// <summary>No program's names are longer; searching hostile ones could take long.</summary>
    const int LongestName = 300;

    /// <summary>The groups that a family's pattern finds in a file, in the file's order. An optimiser's memory of tensors is passed over.</summary>
    public static IReadOnlyCollection<ModuleGroup> Of(TensorFile file, NameFamily family)
    {
        var groups = new Dictionary<string, ModuleGroup>(StringComparer.Ordinal);
        foreach (var tensor in file.Tensors)
        {
            if (tensor.Name.Length > LongestName || !family.Pattern.IsMatch(tensor.Name)) continue;
            var name = family.Pattern.Match(tensor.Name);
            string prefix = name.Groups["prefix"].Value;
            if (prefix.StartsWith("optimizer", StringComparison.Ordinal)) continue;
            if (!groups.TryGetValue(prefix, out var group)) groups.Add(prefix, group = new ModuleGroup());
            string module = family.NamesInTexts && file.Metadata.TryGetValue($"{prefix}{name.Groups["list"].Value}.name", out string? text) ? text : name.Groups["module"].Value;
            if (!group.modules.TryGetValue(module, out var found)) group.modules.Add(module, found = new NetworkModule(module));
            found.Add(tensor, name);
        }
        return groups.Values;
    }
}
