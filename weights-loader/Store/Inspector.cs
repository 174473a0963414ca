namespace GpuStyle.WeightsLoader;

/// <summary>Reads a weight file whole: hash, tensors, statistics.</summary>
static class Inspector
{
    const int Conv5_1 = 13; // convolutions up to and with conv5_1

    public static WeightInspection Inspect(string path)
    {
        string container;
        long bytes;
        Dictionary<HashKind, string> hashes;
        using (var file = InputFile.Open(path))
        {
            bytes = file.Length;
            container = FileKinds.Recognise(file.Start(FileKinds.Wanted)) ?? "unknown";
            hashes = FileHash.Compute(file, KindsFor(bytes));
        }
        var known = KnownWeights.All.FirstOrDefault(k => Fits(k, bytes) && k.Hash is { } hash && hashes.TryGetValue(hash.Kind, out string? hex) && hash.Matches(hex));
        var found = new WeightInspection(path, bytes, hashes[HashKind.Sha256], known, container, null, [], null, null,
            new Dictionary<string, string>(), [], Missing(null, Conv5_1), Missing(null, VggLayers.All.Count), null);
        try
        {
            using var file = TensorFiles.Open(path);
            return Describe(file, found);
        }
        catch (WeightsException e)
        {
            return found with { Problem = e.Message };
        }
    }

    static WeightInspection Describe(TensorFile file, WeightInspection found)
    {
        InspectedTensor[] inspected = [.. file.Tensors.Select(t => new InspectedTensor(t.Name, t.Type, t.Shape, Statistics(file, t)))];
        var tensors = VggTensors.Find(file);
        found = found with
        {
            Container = file.Container,
            Names = tensors?.Family.Name,
            Layers = tensors is null ? [] : [.. VggLayers.All.Select(layer => layer.Name).Where((_, i) => tensors.Layers[i] is not null)],
            Metadata = file.Metadata,
            Tensors = inspected,
            MissingForConv5_1 = Missing(tensors, Conv5_1),
            MissingForConv5_4 = Missing(tensors, VggLayers.All.Count),
        };
        try
        {
            tensors = VggCheck.Require(file);
            var ours = tensors.Tensors.Select(t => t.Name).ToHashSet();
            if (inspected.FirstOrDefault(t => t.Statistics is { NonFinite: > 0 } && ours.Contains(t.Name)) is { } damaged)
                throw file.Problem($"has values that are not finite in tensor {Text.Quote(damaged.Name)}");
            var (input, reason) = InputChoice.Make(file, tensors, VggReader.Read(file, tensors, 0), null);
            return found with { Input = input, InputReason = reason };
        }
        catch (WeightsException e)
        {
            return found with { Problem = e.Message };
        }
    }

    static TensorStatistics? Statistics(TensorFile file, TensorEntry entry)
    {
        if (!entry.IsReadable || entry.Elements == 0 || entry.Elements > Array.MaxLength) return null;
        float[] values = file.ReadFloat32(entry, out long bad);
        if (bad >= 0) values = [.. values.Where(float.IsFinite)];
        if (values.Length == 0) return new TensorStatistics(float.NaN, float.NaN, double.NaN, double.NaN, entry.Elements);
        float least = float.PositiveInfinity, greatest = float.NegativeInfinity;
        double sum = 0, squares = 0;
        foreach (float value in values)
        {
            least = Math.Min(least, value);
            greatest = Math.Max(greatest, value);
            sum += value;
        }
        double mean = sum / values.Length;
        foreach (float value in values) squares += (value - mean) * (value - mean);
        return new TensorStatistics(least, greatest, mean, Math.Sqrt(squares / values.Length), entry.Elements - values.Length);
    }

    static string[] Missing(VggTensors? tensors, int layers) => [.. VggTensors.Missing(tensors, layers)];

    /// <summary>SHA-256 always; the older kinds only where a known file of this length is published under them.</summary>
    static HashKind[] KindsFor(long bytes) =>
        [.. KnownWeights.All.Where(k => Fits(k, bytes) && k.Hash is not null).Select(k => k.Hash!.Kind).Append(HashKind.Sha256).Distinct()];

    static bool Fits(KnownWeightFile known, long bytes) => known.Bytes is null || known.Bytes == bytes;
}
