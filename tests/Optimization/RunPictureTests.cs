using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;

namespace GpuStyle.Tests.Optimization;

/// <summary>The pictures that go into a run and come out of it, in strips.</summary>
public sealed class RunPictureTests
{
    static readonly TransferSettings Settings = new()
    {
        Objective = new() { ContentLayers = [new("relu2_1", 1)], StyleLayers = [new("relu1_1", 1)] },
        Optimizer = new() { Iterations = 2, History = 5 },
    };

    /// <summary>Strips in any order and of any height give what an array gives.</summary>
    [Fact]
    public void A_source_of_rows_is_a_source_of_an_array()
    {
        using SimdDevice device = new(1);
        PictureSource whole = new(66, 80, (h, w) => OwnGolden.Pixels(new(3, h, w), 1)), rows = new(66, 80, (height, width, take) =>
        {
            float[] values = OwnGolden.Pixels(new(3, height, width), 1);
            for (int bottom = height, count = 1; bottom > 0; bottom -= count, count = Math.Min(count + 3, bottom))
                take(bottom - count, [.. Enumerable.Range(0, 3).SelectMany(c => values.Skip((c * height + bottom - count) * width).Take(count * width))]);
        });
        using TransferResult expected = Run(device, whole), result = Run(device, rows);
        Assert.Equal(expected.Rgb, result.Rgb);
    }

    [Fact]
    public void A_source_that_gives_too_little_is_refused_and_holds_nothing()
    {
        using SimdDevice device = new(1);
        PictureSource little = new(20, 30, (height, width, take) => take(0, new float[3 * width]));
        long before = device.AllocatedBytes;
        Assert.Contains("90 values for 3x20x30", Assert.Throws<ArgumentException>(() => little.Upload(device, 20, 30)).Message);
        Assert.Equal(before, device.AllocatedBytes);
    }

    /// <summary>On the device, and as the copy that outlives it where there is another to go on on; both of more strips than one.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_result_is_had_in_rows_and_as_a_whole(bool copied)
    {
        using SimdDevice device = new(1);
        Shape shape = new(3, 900, 1000);
        float[] values = OwnGolden.Pixels(shape, 1);
        long before = device.AllocatedBytes;
        var tensor = device.Allocate(shape, values);
        using (var picture = copied ? new RunPicture(SavedTensor.Of(tensor)) : new RunPicture(tensor, owner: true))
        {
            Assert.Equal((900, 1000), (picture.Height, picture.Width));
            Assert.Equal(values, picture.ToArray());
            foreach (var (top, count) in new[] { (0, 1), (345, 10), (100, 800), (899, 1) })
            {
                var rows = new float[3 * count * 1000];
                picture.Read(top, rows);
                for (int c = 0; c < 3; c++) Assert.True(rows.AsSpan(c * count * 1000, count * 1000).SequenceEqual(values.AsSpan((c * 900 + top) * 1000, count * 1000)));
            }
            Assert.Throws<ArgumentException>(() => picture.Read(900, new float[3000]));
            Assert.Throws<ArgumentException>(() => picture.Read(0, new float[2999]));
            if (copied)
            {
                using var again = picture.Save().Upload(device);
                Assert.Equal(values, device.Download(again));
                tensor.Dispose();
            }
        }
        Assert.Equal(before, device.AllocatedBytes);
    }

    /// <summary>A result's memory is given back with it, whether the run ended at its final size or before.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(1)]
    public void A_result_holds_one_picture_until_it_is_disposed_of(int last)
    {
        using SimdDevice device = new(1);
        PictureSource source = new(66, 80, (h, w) => OwnGolden.Pixels(new(3, h, w), 1));
        Run(device, source).Dispose();
        long scratch = device.AllocatedBytes;
        using var enough = new CancellationTokenSource();
        var result = new StyleTransfer(device, OwnGolden.Weights, Settings with { Scales = 2 }).Run(new(66, 80, source, [source]), iterate =>
        {
            if (iterate.Iteration == last) enough.Cancel();
        }, enough.Token);
        Assert.Equal((66, 80, last == 1), (result.Height, result.Width, result.Outcome == Outcome.Cancelled));
        Assert.InRange(device.AllocatedBytes - scratch, device.StorageBytes(new(3, 66, 80)), device.StorageBytes(new(3, 66, 80)) + 100_000);
        long held = device.AllocatedBytes;
        result.Dispose();
        Assert.Equal(device.StorageBytes(new(3, 66, 80)), held - device.AllocatedBytes);
    }

    /// <summary>Made in strips, the noise is the one sequence through the planes.</summary>
    [Fact]
    public void Noise_is_one_sequence()
    {
        using SimdDevice device = new(1);
        Shape shape = new(3, 700, 800);
        using var noise = InitialPicture.Noise(device, shape, 7, 40);
        ulong state = 7;
        float[] values = device.Download(noise);
        double[] mean = [123.68, 116.779, 103.939];
        for (int i = 0; i < values.Length; i++)
            Assert.Equal((float)(mean[i / (700 * 800)] + 40 * Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform())), values[i]);

        // SplitMix64.
        double Uniform()
        {
            ulong z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
        }
    }

    static TransferResult Run(Device device, PictureSource source) =>
        new StyleTransfer(device, OwnGolden.Weights, Settings with { Scales = 2 }).Run(new(source.Height, source.Width, source, [source]), cancellation: TestContext.Current.CancellationToken);
}
