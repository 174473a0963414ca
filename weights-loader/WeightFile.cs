using System.Globalization;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// Weight files: read into the canonical form, and written. The container is told by the file's content, never by its name.
/// </summary>
public static class WeightFile
{
    /// <summary>
    /// Reads VGG-19's convolutions, from conv1_1 on without a gap and as far as the file goes, under the names of any of the programs that
    /// write them (docs/weights.md); other tensors are not read. Batch normalisation is folded into the convolutions. The input is
    /// <paramref name="input"/>, else what the file says or shows, see <see cref="InputChoice"/>.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="input">What the network expects, for a caller who knows better than the file.</param>
    /// <exception cref="WeightsException">
    /// One line: the file is missing, a folder, unreadable, empty, cut short, of a kind that is not read, of another network, lacks a
    /// tensor, has one of a wrong shape or type, or one with NaN or infinity.
    /// </exception>
    public static VggWeights Load(string path, InputDescription? input = null)
    {
        using var file = TensorFiles.Open(path);
        return Read(file, input);
    }

    /// <summary>The files that <see cref="Load"/> reads: the file of that name, and those beside it that it keeps values in. A file that cannot be opened is the only one.</summary>
    public static IReadOnlyList<string> Files(string path)
    {
        try
        {
            using var file = TensorFiles.Open(path);
            return file.Files;
        }
        catch (WeightsException)
        {
            // Loading it says why.
            return [path];
        }
    }

    /// <summary>As <see cref="Load"/>, from a file that is open.</summary>
    internal static VggWeights Read(TensorFile file, InputDescription? input = null)
    {
        var tensors = VggCheck.Require(file);
        var read = new ConvolutionWeights[tensors.Count];
        var problems = new WeightsException?[read.Length];
        // Two readers keep up with any disk; the large layers come last.
        Parallel.For(0, read.Length, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
        {
            try
            {
                read[i] = VggReader.Read(file, tensors, i);
            }
            catch (WeightsException e)
            {
                problems[i] = e;
            }
        });
        if (problems.FirstOrDefault(e => e is not null) is { } problem) throw new WeightsException(problem.Message, problem);
        return new VggWeights(read, InputChoice.Make(file, tensors, read[0], input).Input, Path.GetFileName(file.Path));
    }

    /// <summary>
    /// Everything about a file: container, tensors with statistics, SHA-256, which published file it is, what VGG-19 has and it
    /// has not. It reads the whole file; a file that <see cref="Load"/> refuses is described as far as it goes.
    /// </summary>
    /// <exception cref="WeightsException">The file is missing, a folder, empty or unreadable.</exception>
    public static WeightInspection Inspect(string path) => Inspector.Inspect(path);

    /// <summary>
    /// Writes weights in canonical form (safetensors with the input described in the metadata); an existing file is replaced in one
    /// step, or stays untouched when anything fails.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="half">As F16 instead of F32: half the size, three digits.</param>
    /// <exception cref="WeightsException">The file cannot be written; a value is too large for F16.</exception>
    public static void Save(string path, VggWeights weights, bool half = false)
    {
        ArgumentNullException.ThrowIfNull(weights);
        TensorData[] tensors = [.. weights.Layers.SelectMany(layer => new[]
        {
            new TensorData($"{layer.Name}.weight", [layer.OutputChannels, layer.InputChannels, 3, 3], layer.Kernel),
            new TensorData($"{layer.Name}.bias", [layer.OutputChannels], layer.Bias),
        })];
        if (half) Array.ForEach(tensors, tensor => CheckHalf(path, tensor));
        SafetensorsFile.Write(path, tensors, new Dictionary<string, string>
        {
            [InputDescriptions.MetadataKey] = InputDescriptions.ToJson(weights.Input),
            ["gpustyle.source"] = weights.Source,
        }, half);
    }

    static void CheckHalf(string path, TensorData tensor)
    {
        foreach (float value in tensor.Values.Span)
            if (!Half.IsFinite((Half)value))
                throw InputFile.Problem(path, $"cannot hold {tensor.Name} in half precision: it has {value.ToString("g5", CultureInfo.InvariantCulture)}, and half precision ends at 65504; write it without --half");
    }
}
