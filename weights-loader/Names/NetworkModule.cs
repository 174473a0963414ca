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

    /// <summary>The groups that a pattern finds in a file, in the file's order. An optimiser's memory of tensors is passed over.</summary>
    /// <param name="file">The file.</param>
    /// <param name="pattern">Takes a name apart: groups <c>prefix</c>, <c>module</c>, and one of <c>weight</c>, <c>bias</c>, <c>mean</c>, <c>variance</c>.</param>
    public static IReadOnlyCollection<ModuleGroup> Of(TensorFile file, Regex pattern)
    {
        var groups = new Dictionary<string, ModuleGroup>(StringComparer.Ordinal);
        foreach (var tensor in file.Tensors)
        {
            if (pattern.Match(tensor.Name) is not { Success: true } name || name.Groups["prefix"].Value is var prefix && prefix.StartsWith("optimizer", StringComparison.Ordinal)) continue;
            if (!groups.TryGetValue(prefix, out var group)) groups.Add(prefix, group = new ModuleGroup());
            string module = ModuleName(file, name);
            if (!group.modules.TryGetValue(module, out var found)) group.modules.Add(module, found = new NetworkModule(module));
            found.Add(tensor, name);
        }
        return groups.Values;
    }

    /// <summary>A layer that has only a number in the tensor's name may be named in the file's texts, as MatConvNet's are.</summary>
    static string ModuleName(TensorFile file, Match name)
    {
        var (prefix, list, module) = (name.Groups["prefix"].Value, name.Groups["list"], name.Groups["module"].Value);
        return list.Success && file.Metadata.TryGetValue($"{prefix}{list.Value}.name", out string? text) ? text : module;
    }
}
