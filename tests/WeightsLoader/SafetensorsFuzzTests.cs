using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Damaged safetensors files.</summary>
[Trait("Takes", "long")]
public sealed class SafetensorsFuzzTests
{
    [Fact]
    public void A_damaged_file_is_read_or_refused_and_takes_no_memory()
    {
        using var folder = new TemporaryFolder();
        SafetensorsFile.Write(folder["seed"],
            [new("conv1_1.weight", [64, 3, 3, 3], new float[1728]), new("conv1_1.bias", [64], new float[64]), new("y", [], new float[1])],
            new Dictionary<string, string> { [InputDescriptions.MetadataKey] = InputDescriptions.ToJson(InputDescription.Caffe) });
        byte[] seed = File.ReadAllBytes(folder["seed"]);
        ContainerFuzzing.Run([new(seed, BitConverter.ToInt32(seed) + 8, (mutant, random) => KeepLength(seed, mutant, random))], 5000);
    }

    /// <summary>Every third time the header's length follows the change.</summary>
    static byte[] KeepLength(byte[] seed, byte[] mutant, Random random)
    {
        if (random.Next(3) == 0 && mutant.Length > 8) BitConverter.TryWriteBytes(mutant, BitConverter.ToInt64(seed) + mutant.Length - seed.Length);
        return mutant;
    }
}
