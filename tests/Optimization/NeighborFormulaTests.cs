using GpuStyle.Kernels;
using GpuStyle.Optimization;

namespace GpuStyle.Tests.Optimization;

/// <summary>Nearest neighbors and colors against PyTorch in float64: tests/Golden/make_neighbors.py prints the numbers.</summary>
public sealed class NeighborFormulaTests
{
    const int Count = 37, Others = 29, Length = 24;

    static readonly float[] Nearest =
        [28, 11, 17, 13, 12, 7, 20, 3, 9, 11, 22, 5, 10, 28, 7, 9, 18, 26, 24, 17, 26, 15, 15, 15, 12, 28, 2, 0, 4, 18, 24, 6, 24, 27, 7, 28, 2];

    static readonly float[] NearestOfOthers = [27, 35, 36, 7, 28, 11, 31, 34, 12, 8, 12, 1, 4, 24, 29, 23, 26, 2, 16, 1, 34, 29, 10, 34, 32, 33, 20, 0, 0];

    /// <summary>The reference's own rounding is that of its inputs to float32; the engines compute in float32.</summary>
    public static TheoryData<string, double> Devices => new() { { "reference", 1e-6 }, { "cpu", 1e-5 } };

    [Theory]
    [MemberData(nameof(Devices))]
    public void Samples_are_pulled_to_their_neighbors_as_PyTorch_pulls_them(string id, double tolerance)
    {
        using var device = Open(id);
        uint state = 12345;
        using var x = device.Allocate(IMatching.Samples(Count, Length), Numbers(ref state, Count * Length));
        using var y = device.Allocate(IMatching.Samples(Others, Length), Numbers(ref state, Others * Length));
        using Tensor lengths = device.Allocate(IMatching.Lengths(Count)), ofOthers = device.Allocate(IMatching.Lengths(Others));
        using Tensor nearest = device.Allocate(IMoments.Vector(Count)), back = device.Allocate(IMoments.Vector(Others)), gradient = device.Allocate(x.Shape);
        using var sums = device.AllocateScalars(2);
        device.Matching.Center(x, lengths);
        device.Matching.Center(y, ofOthers);
        device.Matching.Match(x, y, nearest, back);
        device.Matching.Pull(x, y, nearest, null, 1.0 / Count, new(sums, 0), gradient);
        device.Matching.Cover(x, y, back, 2.0 / Others, new(sums, 1), gradient);
        device.Matching.CenterGradient(x, lengths, gradient);
        var read = new double[2];
        sums.Read(read);
        Assert.Equal(Nearest, device.Download(nearest));
        Assert.Equal(NearestOfOthers, device.Download(back));
        Assert.Equal(0.574358462955, read[0] / Count, tolerance);
        Assert.Equal(0.564924892105, read[1] / Others, tolerance);
        float[] g = device.Download(gradient);
        (int Row, int Column, double Value)[] expected = [(0, 0, -1.268515181480e-02), (0, 1, 6.425826355411e-04), (5, 2, -5.668436886005e-03), (36, 23, 4.913384464086e-03)];
        Assert.All(expected, e => Assert.Equal(e.Value, g[e.Row * Length + e.Column], tolerance * 0.1));
        Assert.Equal(6.806987927643, g.Sum(v => Math.Abs((double)v)), 10 * tolerance);
    }

    /// <summary>What is no number has a neighbor all the same, so that a run can end for its losses.</summary>
    [Theory]
    [MemberData(nameof(Devices))]
    public void Rows_that_are_no_numbers_have_neighbors_that_are_there(string id, double _)
    {
        using var device = Open(id);
        using Tensor x = device.Allocate(IMatching.Samples(Count, Length)), y = device.Allocate(IMatching.Samples(Others, Length));
        device.Vectors.Fill(x, float.NaN);
        device.Vectors.Fill(y, float.NaN);
        using Tensor nearest = device.Allocate(IMoments.Vector(Count)), back = device.Allocate(IMoments.Vector(Others));
        for (int round = 0; round < 2; round++)
        {
            device.Vectors.Fill(nearest, 1e9f);
            device.Vectors.Fill(back, 1e9f);
            device.Matching.Match(x, y, nearest, back);
            Assert.All(device.Download(nearest), v => Assert.InRange(v, 0, Others - 1));
            Assert.All(device.Download(back), v => Assert.InRange(v, 0, Count - 1));
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Colors_are_as_far_apart_as_PyTorch_says(string id, double tolerance)
    {
        using var device = Open(id);
        uint state = 12345;
        Numbers(ref state, (Count + Others) * Length);
        Shape shape = new(3, 5, 10), other = new(3, 6, 10);
        using var picture = device.Allocate(shape, [.. Numbers(ref state, 150).Select(v => 255 * v)]);
        using var painting = device.Allocate(other, [.. Numbers(ref state, 180).Select(v => 255 * v)]);
        using var gradient = device.Allocate(shape);
        using var owned = new TensorList(device);
        using var sums = device.AllocateScalars(1);
        ObjectiveSettings settings = new() { ColorWeight = 1 };
        var term = new ColorTerm(settings, Guidance.Everywhere(settings, 1), [new DevicePicture(painting)], shape.Height, shape.Width, () => new(sums, 0), owned);
        term.Evaluate(picture, gradient);
        var read = new double[1];
        sums.Read(read);
        Assert.Equal(0.168374001023, term.Loss(read), 10 * tolerance);
        float[] g = device.Download(gradient);
        // The root of a covariance makes float32's rounding some hundred times larger.
        Assert.Equal(1.222430844032e-04, g[0], tolerance * 0.1);
        Assert.Equal(5.384352853820e-05, g[50 + 7], tolerance * 0.1);
        Assert.Equal(-1.295259260259e-04, g[100 + 49], tolerance * 0.1);
    }

    static Device Open(string id) => id == "reference" ? new ReferenceDevice() : new SimdDevice(1);

    /// <summary>A linear congruential generator (Numerical Recipes), the upper 24 bits over 2^24.</summary>
    static float[] Numbers(ref uint state, int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            state = state * 1664525 + 1013904223;
            values[i] = (state >> 8) / (float)(1 << 24);
        }
        return values;
    }
}
