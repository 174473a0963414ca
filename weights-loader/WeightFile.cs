namespace GpuStyle.WeightsLoader;

/// <summary>
/// Weight files: read into the canonical form, and written. The container is told by the file's content, never by its name.
/// </summary>
public static class WeightFile
{
    /// <summary>
    /// Reads VGG-19's convolutions, from conv1_1 on without a gap and as far as the file goes, under canonical names
    /// (conv1_1.weight [64, 3, 3, 3], conv1_1.bias [64], ...) or torchvision's (features.0.weight, ...); other tensors are not
    /// read. The input is what the file's metadata say (<see cref="InputDescriptions.MetadataKey"/>), else what goes with the names.
    /// </summary>
    /// <exception cref="WeightsException">
    /// One line: the file is missing, a folder, unreadable, empty, cut short, not safetensors, of another network, lacks a
    /// tensor, has one of a wrong shape or type, or one with NaN or infinity.
    /// </exception>
    public static VggWeights Load(string path)
    {
        using var file = TensorFiles.Open(path);
        var (names, layers) = VggTensors.Check(file);
        var input = VggTensors.Input(file, names);
        var read = new ConvolutionWeights[layers];
        var problems = new WeightsException?[layers];
        // Two readers keep up with any disk; the large layers come last.
        Parallel.For(0, layers, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
        {
            try
            {
                read[i] = Read(file, names, i);
            }
            catch (WeightsException e)
            {
                problems[i] = e;
            }
        });
        if (problems.FirstOrDefault(e => e is not null) is { } problem) throw new WeightsException(problem.Message, problem);
        return new VggWeights(read, input, Path.GetFileName(path));
    }

    static ConvolutionWeights Read(TensorFile file, TensorNames names, int layer)
    {
        var (name, outputs, inputs) = VggLayers.All[layer];
        return new ConvolutionWeights(name, outputs, inputs, Values(file, names.Weight(layer)), Values(file, names.Bias(layer)));
    }

    static float[] Values(TensorFile file, string name)
    {
        float[] values = file.ReadFloat32(file.Find(name)!, out long bad);
        if (bad < 0) return values;
        string what = float.IsNaN(values[bad]) ? "NaN" : "an infinity";
        throw file.Problem($"has {what} in tensor {Text.Quote(name)} (value {bad} of {values.Length}): the file is damaged, get it again");
    }

    /// <summary>
    /// Everything about a file: container, tensors with statistics, SHA-256, which published file it is, what VGG-19 has and it
    /// has not. It reads the whole file; a file that <see cref="Load"/> refuses is described as far as it goes.
    /// </summary>
    /// <exception cref="WeightsException">The file is missing, a folder, empty or unreadable.</exception>
    public static WeightInspection Inspect(string path) => Inspector.Inspect(path);

    /// <summary>
    /// Writes weights in canonical form (float32 safetensors with the input described in the metadata); an existing file is
    /// replaced in one step, or stays untouched when anything fails.
    /// </summary>
    /// <exception cref="WeightsException">The file cannot be written.</exception>
    public static void Save(string path, VggWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var tensors = weights.Layers.SelectMany(layer => new[]
        {
            new TensorData($"{layer.Name}.weight", [layer.OutputChannels, layer.InputChannels, 3, 3], layer.Kernel),
            new TensorData($"{layer.Name}.bias", [layer.OutputChannels], layer.Bias),
        });
        SafetensorsFile.Write(path, tensors, new Dictionary<string, string>
        {
            [InputDescriptions.MetadataKey] = InputDescriptions.ToJson(weights.Input),
            ["gpustyle.source"] = weights.Source,
        });
    }
}
