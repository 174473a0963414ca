using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>Choices by time: kept in a file, made anew where the file is of no use, and of no influence on results.</summary>
[Trait("Needs", "OpenCL")]
[Collection("OpenCL")]
public sealed class TuningTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("gpustyle-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_fastest_is_taken_if_it_is_clearly_faster()
    {
        Assert.Equal(16, Tuning.Fastest([32, 16, 64], c => c == 16 ? 0.5e-3 : 1e-3));
        Assert.Equal(32, Tuning.Fastest([32, 16, 64], c => c == 16 ? 0.97e-3 : 1e-3));
        // A device that takes its time is not measured to the end.
        var measured = new List<int>();
        Assert.Equal(16, Tuning.Fastest([32, 16, 64, 8], c =>
        {
            measured.Add(c);
            return c / 320.0;
        }));
        Assert.Equal([32, 16, 64], measured);
    }

    [Fact]
    public void A_choice_is_made_once_and_anew_where_its_file_is_damaged_or_another_devices()
    {
        int made = 0;
        int Choose(string key) => Tuning.Kept(folder, key, [32, 16], () =>
        {
            made++;
            return 16;
        });
        Assert.Equal((16, 16, 1), (Choose("a"), Choose("a"), made));
        Choose("b");
        Assert.Equal(2, made);
        string file = Directory.GetFiles(folder).Single(f => File.ReadAllLines(f)[0] == "a");
        foreach (string damaged in new[] { "", "a\n", "a\nsixteen\n", "a\n64\n", "b\n16\n", "a\n16\nmore\n", "\0\0\0" })
        {
            File.WriteAllText(file, damaged);
            int before = made;
            Assert.Equal((16, 16, before + 1), (Choose("a"), Choose("a"), made));
        }
        Assert.Equal(2, Directory.GetFiles(folder).Length);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_does_no_harm()
    {
        string file = Path.Combine(folder, "file");
        File.WriteAllText(file, "");
        Assert.Equal(8, Tuning.Kept(file, "a", [32, 8], () => 8));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_is_chosen_gives_the_same_bits(bool forGpu)
    {
        using var device = Open(forGpu);
        Assert.Equal(device.Tiled.Choices[0], device.Tiled.Rows);
        foreach (var item in OperationCatalogue.Convolution(20, 70, 13, 17).Concat(OperationCatalogue.Convolution(3, 20, 13, 17)).Concat(OperationCatalogue.Gram(new(20, 13, 17))))
        {
            device.Tiled.Rows = device.Tiled.Choices[0];
            var expected = Results(item, device);
            foreach (int rows in device.Tiled.Choices.Skip(1))
            {
                device.Tiled.Rows = rows;
                Assert.True(Results(item, device).SequenceEqual(expected), $"{item.Name}: other bits with {rows} rows");
            }
        }
    }

    [Fact]
    public void A_device_measures_once()
    {
        string file;
        using (var device = Open(forGpu: false))
        {
            device.CacheFolder = folder;
            Assert.Contains(device.Tiled.Rows, device.Tiled.Choices);
            file = Assert.Single(Directory.GetFiles(folder, "tiles-*"));
            Assert.Equal([device.TuningKey, $"{device.Tiled.Rows}"], File.ReadAllLines(file));
            Assert.Contains("driver ", device.TuningKey);
            File.WriteAllLines(file, [device.TuningKey, $"{device.Tiled.Choices[^1]}"]);
        }
        using var again = Open(forGpu: false);
        again.CacheFolder = folder;
        Assert.Equal(again.Tiled.Choices[^1], again.Tiled.Rows);
    }

    static IEnumerable<float> Results(OperationCase item, IlgpuDevice device)
    {
        using var tensors = new CaseTensors(device);
        item.Prepare(tensors)();
        return [.. tensors.Outputs.Values.SelectMany(device.Download)];
    }

    static IlgpuDevice Open(bool forGpu)
    {
        int index = IlgpuAccelerators.OpenCl().ToList().FindIndex(d => IlgpuAccelerators.Refusal(d) is null);
        Assert.SkipWhen(index < 0, OpenClOperationTests.Absent);
        return IlgpuAccelerators.OpenOpenCl(index, forGpu);
    }
}
