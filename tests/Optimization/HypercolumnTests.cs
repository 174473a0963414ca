using System.Globalization;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;

namespace GpuStyle.Tests.Optimization;

/// <summary>
/// Both losses of NNST against numbers that PyTorch gave in float64, from formulas that were checked against the published program's own
/// functions; and how the preset puts them together.
/// </summary>
public sealed class HypercolumnTests
{
    const int Current = 37, Style = 29, Length = 24;

    static readonly int[] Nearest =
            [8, 26, 17, 6, 14, 8, 12, 4, 27, 28, 8, 10, 21, 1, 5, 16, 23, 10, 9, 13, 7, 11,
                19, 1, 7, 5, 9, 2, 18, 0, 28, 15, 3, 19, 19, 3, 20],
        NearestByChunks =
            [8, 26, 17, 6, 14, 5, 12, 24, 24, 22, 8, 10, 21, 1, 5, 16, 27, 10, 9, 13, 7, 11,
                19, 1, 7, 5, 17, 2, 18, 28, 28, 15, 3, 19, 19, 6, 20];

    /// <summary>X, Y and C: values 0..1 of a linear congruential generator, row by row.</summary>
    static readonly float[] Result, Painting, Photograph;

    static HypercolumnTests()
    {
        uint state = 12345;
        float Next() => ((state = state * 1664525 + 1013904223) >> 8) / 16777216f;
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => Next())];
        (Result, Painting, Photograph) = (Draw(Current * Length), Draw(Style * Length), Draw(Current * Length));
    }

    [Fact]
    public void The_numbers_are_those_that_PyTorch_was_given()
    {
        double[] first = [0.020402670, 0.016547799, 0.543155789, 0.634904027];
        Assert.All(first.Zip(Result), pair => Assert.Equal(pair.First, pair.Second, 1e-8));
        Assert.Equal(0.329864800, Painting[^1], 1e-8);
        Assert.Equal(0.257065833, Photograph[^1], 1e-8);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Neighbors_are_those_that_PyTorch_finds(bool simd)
    {
        using Device device = simd ? new SimdDevice(1) : new ReferenceDevice();
        using var rows = device.Allocate(IMatching.Samples(Current, Length), Photograph);
        foreach (var (chunk, expected) in new[] { (Current, Nearest), (16, NearestByChunks) })
        {
            using var others = device.Allocate(IMatching.Samples(Style, Length), Painting);
            Assert.Equal(expected, ColumnMatch.Find(rows, 0, Current, others, chunk));
        }
        using var again = device.Allocate(IMatching.Samples(Style, Length), Painting);
        Assert.Equal(NearestByChunks[16..32], ColumnMatch.Find(rows, 16, 16, again, 16));
    }

    [Theory]
    [InlineData(4096, 16384)]
    [InlineData(16384, 16384)]
    [InlineData(65536, 4096)]
    [InlineData(262144, 1024)]
    public void Rows_are_looked_up_as_many_at_a_time_as_by_the_program(int others, int expected) =>
        Assert.Equal(expected, ColumnMatch.Chunk(others));

    /// <summary>PyTorch's bilinear resizing with corners on corners, to a quarter of the picture, over the number of channels.</summary>
    [Theory]
    [InlineData("relu1_2", 22, 26)]
    [InlineData("relu2_1", 47, 20)]
    [InlineData("relu3_1", 33, 60)]
    [InlineData("relu4_1", 64, 55)]
    public void Layers_are_read_at_a_quarter_of_the_size(string layer, int height, int width)
    {
        using var device = new ReferenceDevice();
        using var owned = new TensorList(device);
        var layout = new ColumnLayout(LayerTable.Full, [new("relu1_1", 1), new(layer, 3)]);
        var part = layout.Parts[1];
        var shape = LayerTable.Full.Output(part.Layer, height, width);
        var random = new Random(5);
        var features = owned.Allocate(shape, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => random.NextSingle())]);
        int rows = height / 4, columns = width / 4;
        var points = ColumnPlaces.OfStyle(new(3, height, width), null, 0);
        Assert.Equal(rows * columns, points.Count);
        var to = owned.Allocate(IMatching.Samples(points.Count, layout.Length));
        var block = PictureBlock.Cut(part.Layer, height, width, 0).Single();
        device.Matching.Gather(features, ColumnLayout.Map(part, new(3, height, width), block, points, owned)!, to, part.Column);
        for (int y = 0; y < rows; y++)
            for (int x = 0; x < columns; x++)
                for (int c = 0; c < shape.Channels; c += 7)
                {
                    double v = y * (shape.Height - 1.0) / (rows - 1), u = x * (shape.Width - 1.0) / (columns - 1), sum = 0;
                    for (int i = 0; i < shape.Height; i++)
                        for (int j = 0; j < shape.Width; j++)
                            sum += Math.Max(0, 1 - Math.Abs(i - v)) * Math.Max(0, 1 - Math.Abs(j - u)) * features.Row(c, i)[j];
                    Assert.Equal(3 * sum / shape.Channels, to.Row(0, y * columns + x)[64 + c], 1e-5 * 3 / shape.Channels);
                }
        Assert.Equal(0, to.Row(0, 0)[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Hypercolumn_matching_is_what_PyTorch_gives(bool simd)
    {
        using Device device = simd ? new SimdDevice(1) : new ReferenceDevice();
        using var owned = new TensorList(device);
        using var sums = device.AllocateScalars(1);
        float[] targets = [.. Nearest.SelectMany(i => Painting.Skip(i * Length).Take(Length))];
        var column = new Hypercolumn(owned.Allocate(IMatching.Samples(Current, Length), targets), null, Current, 1, new(sums, 0), owned);
        var (loss, gradient) = Evaluate(device, owned, sums, [.. new ColumnLayout.Part[] { Part(0, 8), Part(8, 16) }.Select((part, i) =>
            new HypercolumnTerm(part, column, i == 0, 0.5, [Map(owned)]))]);
        Check(0.245174931, [-7.383207583e-04, -2.528740582e-04, -1.017278029e-03, -3.106376606e-03], 0.909860476, loss, gradient);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Feature_splitting_is_what_PyTorch_gives(bool simd)
    {
        using Device device = simd ? new SimdDevice(1) : new ReferenceDevice();
        using var owned = new TensorList(device);
        using var sums = device.AllocateScalars(2);
        var target = owned.Allocate(IMatching.Samples(Style, Length), Painting);
        using (var lengths = device.Allocate(IMatching.Lengths(Style))) device.Matching.Center(target, lengths);
        var clock = new SampleClock();
        clock.Evaluations++;
        var term = new NeighborTerm(Part(0, Length).Layer, 1, cover: 0, [new([target], 1, new(sums, 0), new(sums, 1))],
            SampleGrids.Make(Current, 1, null, 0, 0, 1), [Block], clock, owned);
        var (loss, gradient) = Evaluate(device, owned, sums, [term]);
        Check(0.574358463, [3.780305961e-04, 8.561545479e-04, -5.474158834e-03, 1.357795123e-03], 2.644121889, loss, gradient);
    }

    /// <summary>The one block of a picture that is 37 px high and 1 px wide, without a pooling.</summary>
    static PictureBlock Block => new([new(new(0, 0, Current, 1), new(0, 0, Current, 1))]);

    /// <summary>Some columns of X as a layer.</summary>
    static ColumnLayout.Part Part(int column, int channels) => new(new(-1, "", $"{channels}", 0, PooledInput: false), column, 1);

    static SampleMap Map(TensorList owned) =>
        new(owned, Current, 1, [.. Enumerable.Range(0, Current).Select(p => new SampleTap(p, p, 0, 1))]);

    /// <summary>The terms' loss, and the gradient with respect to X, whose columns are their features.</summary>
    static (double Loss, double[] Gradient) Evaluate(Device device, TensorList owned, Scalars sums, TapTerm[] terms)
    {
        var all = new Region(0, 0, Current, 1);
        int column = 0;
        Tensor[] features = [.. terms.Select(term =>
        {
            int first = column, channels = int.Parse(term.Layer.Relu, CultureInfo.InvariantCulture);
            column += channels;
            var values = Enumerable.Range(0, channels * Current).Select(i => Result[i % Current * Length + first + i / Current]);
            return owned.Allocate(new(channels, Current, 1), [.. values]);
        })];
        sums.Clear();
        foreach (var term in terms) term.Begin();
        for (int i = 0; i < terms.Length; i++) terms[i].Visit(0, features[i], all);
        foreach (var term in terms) term.Finish();
        var gradient = new List<float>();
        for (int i = 0; i < terms.Length; i++)
        {
            var slope = owned.Allocate(features[i].Shape);
            terms[i].Gradient(0, features[i], all, slope, accumulate: false);
            gradient.AddRange(device.Download(slope));
        }
        var read = new double[sums.Count];
        sums.Read(read);
        var byRows = Enumerable.Range(0, Current * Length).Select(i => (double)gradient[i % Length * Current + i / Length]);
        return (terms.Sum(t => t.Loss(read)), [.. byRows]);
    }

    static void Check(double loss, double[] slopes, double sum, double found, double[] gradient)
    {
        Assert.Equal(loss, found, 1e-5 * loss);
        int[] at = [0, 1, 5 * Length + 2, Current * Length - 1];
        Assert.All(at.Zip(slopes), pair => Assert.Equal(pair.Second, gradient[pair.First], 1e-5 * Math.Abs(pair.Second)));
        Assert.Equal(sum, gradient.Sum(Math.Abs), 1e-5 * sum);
    }
}
