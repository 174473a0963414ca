using GpuStyle.Imaging;

namespace GpuStyle.Tests.Imaging;

/// <summary>
/// The colors of NNST's results against numbers that PyTorch gave in float64, checked there against the published program's own functions.
/// </summary>
public sealed class NnstColoursTests
{
    /// <summary>A content [3,6,5], a style [3,7,4] and a result [3,6,5], after 2670 values of the generator for other numbers.</summary>
    static (float[] Content, float[] Style, float[] Result) Pictures()
    {
        uint state = 12345;
        float Next() => ((state = state * 1664525 + 1013904223) >> 8) / 16777216f;
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => 255 * Next())];
        // X, Y, C, PX and PY of the other numbers.
        Draw(37 * 24 + 29 * 24 + 37 * 24 + 37 * 3 + 29 * 3);
        return (Draw(90), Draw(84), Draw(90));
    }

    [Fact]
    public void Colors_are_those_that_PyTorch_gives()
    {
        var (content, style, result) = Pictures();
        Assert.Equal(0.457746208, result[^1] / 255.0, 1e-7);
        NnstColours.Apply(result, content, 5, [(style, 1)]);
        Check(result, 0, 0.860452809, 0.542265787, 0.783933660);
        Check(result, 17, 0.522599426, 0.473120079, 0.506411122);
        Check(result, 29, 0.899684583, 0.578797282, 0.542243758);
        Assert.Equal(48.016422486, result.Sum(v => v / 255.0), 1e-4);
    }

    [Fact]
    public void A_painting_without_color_gives_the_result_its_own()
    {
        var (content, style, result) = Pictures();
        float[] gray = [.. style.Take(28), .. style.Take(28), .. style.Take(28)];
        NnstColours.Apply(result, content, 5, [(gray, 0.3)]);
        Check(result, 17, 0.434493381, 0.434546968, 0.434647569);
        Assert.Equal(45.682642486, result.Sum(v => v / 255.0), 1e-4);
    }

    /// <summary>Two paintings count as one that has the pixels of both, or as the one that counts at all.</summary>
    [Fact]
    public void Several_paintings_count_by_their_shares()
    {
        var (content, style, result) = Pictures();
        float[] Apply(params (float[], double)[] styles)
        {
            float[] colored = [.. result];
            NnstColours.Apply(colored, content, 5, styles);
            return colored;
        }
        float[] other = [.. style.Select(v => 255 - v)];
        float[] both = [.. Enumerable.Range(0, 3).SelectMany(c => style.Skip(28 * c).Take(28).Concat(other.Skip(28 * c).Take(28)))];
        Assert.Equal(Apply((both, 1)), Apply((style, 2), (other, 2)), (a, b) => Math.Abs(a - b) < 1e-3);
        Assert.Equal(Apply((style, 1)), Apply((style, 0.7), (other, 0)));
        Assert.NotEqual(Apply((style, 1)), Apply((style, 1), (other, 1)));
    }

    static void Check(float[] rgb, int pixel, params double[] expected)
    {
        for (int c = 0; c < 3; c++) Assert.Equal(expected[c], rgb[30 * c + pixel] / 255.0, 1e-6);
    }
}
