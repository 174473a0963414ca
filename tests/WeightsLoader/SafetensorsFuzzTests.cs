using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Damaged files of every kind are read or refused; nothing else happens.</summary>
public sealed class SafetensorsFuzzTests
{
    const int Rounds = 6000;

    [Fact]
    public void A_mutated_file_is_read_or_refused_and_takes_no_memory()
    {
        using var folder = new TemporaryFolder();
        SafetensorsFile.Write(folder["seed"],
            [new("conv1_1.weight", [64, 3, 3, 3], new float[1728]), new("conv1_1.bias", [64], new float[64]), new("y", [], new float[1])],
            new Dictionary<string, string> { [InputDescriptions.MetadataKey] = InputDescriptions.ToJson(InputDescription.Caffe) });
        byte[] seed = File.ReadAllBytes(folder["seed"]);
        int header = BitConverter.ToInt32(seed) + 8;
        var random = new Random(20160627);
        string path = folder["mutant"];
        int read = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] mutant = Mutate(seed, header, random);
            File.WriteAllBytes(path, mutant);
            try
            {
                using (var file = SafetensorsFile.Open(path))
                    foreach (var tensor in file.Tensors.Where(t => t.Type is "F16" or "BF16" or "F32" or "F64"))
                        file.ReadFloat32(tensor.Name);
                WeightFile.Load(path);
                read++;
            }
            catch (WeightsException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
            }
        }
        Assert.InRange(read, 1, Rounds - 1);
        long perRound = (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
        Assert.True(perRound < 500_000, $"{perRound} bytes a file");
    }

    static byte[] Mutate(byte[] seed, int header, Random random)
    {
        byte[] bytes = [.. seed];
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            // The header is where reading can go wrong; the data are hit now and then.
            int at = random.Next(random.Next(8) == 0 ? bytes.Length : Math.Min(header, bytes.Length));
            switch (random.Next(7))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: bytes[at] = (byte)"0123456789-.eE\"\\{}[]:, "[random.Next(23)]; break;
                case 3: bytes = bytes[..Math.Max(1, at)]; break;
                case 4: bytes = [.. bytes[..at], (byte)random.Next(32, 127), .. bytes[at..]]; break;
                case 5: bytes = [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 30))..], 0]; break;
                default:
                    int length = Math.Min(random.Next(1, 60), bytes.Length - at);
                    bytes = [.. bytes[..at], .. bytes.AsSpan(at, length), .. bytes[at..]];
                    break;
            }
            if (random.Next(3) == 0 && bytes.Length > 8 && BitConverter.ToInt64(bytes) is var old) // keep the header's length plausible
                BitConverter.TryWriteBytes(bytes, old + bytes.Length - seed.Length);
        }
        return bytes;
    }
}
