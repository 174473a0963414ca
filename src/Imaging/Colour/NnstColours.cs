namespace GpuStyle.Imaging;

/// <summary>
/// The colors that the program of NNST (Kolkin et al. 2022) gives its result at the end, as it computes them: lightness is the result's,
/// hue and saturation are the photograph's, moved to the painting's mean and covariance. Colors are coordinates L, A, B of Oklab (Ottosson
/// 2020), computed from sRGB values as they are, not from amounts of light.
/// <code>
/// L = result's, clamped to the painting's range
/// (A, B) = S^1/2 C^-1/2 (content's - mean) + painting's mean, then five times smoothed where L is smooth, then clamped to its range
/// </code>
/// C and S are the content's and the painting's covariances, plus <see cref="Least"/> on the diagonal. Of a painting without color, the
/// result's own L, A, B are moved instead.
/// </summary>
public static class NnstColours
{
    /// <summary>What covariances have more on their diagonal.</summary>
    const double Least = 1e-4;

    /// <summary>A painting whose A and B vary and vary together less than this has no color.</summary>
    const double GrayCovariance = 6e-5;

    const int Smoothings = 5;

    /// <summary>How fast the weight of a neighbor falls with its difference in lightness.</summary>
    const double Sharpness = 10;

    static readonly double[,] ToCones =
        {
            { .4121656120, .5362752080, .0514575653 },
            { .2118591070, .6807189584, .1074065790 },
            { .0883097947, .2818474174, .6302613616 },
        },
        ToLab =
        {
            { .2104542553, .7936177850, -.0040720468 },
            { 1.9779984951, -2.4285922050, .4505937099 },
            { .0259040371, .7827717662, -.8086757660 },
        },
        FromLab =
        {
            { 1, .3963377774, .2158037573 },
            { 1, -.1055613458, -.0638541728 },
            { 1, -.0894841775, -1.2914855480 },
        },
        FromCones =
        {
            { 4.0767245293, -3.3072168827, .2307590544 },
            { -1.2681437731, 2.6093323231, -.3411344290 },
            { -.0041119885, -.7034763098, 1.7068625689 },
        };

    /// <summary>Gives the result its colors, in place. Pictures are planar RGB in 0..255.</summary>
    /// <param name="result">[3,H,W].</param>
    /// <param name="content">[3,H,W], as large.</param>
    /// <param name="width">W.</param>
    /// <param name="styles">The paintings, of any size, and how much each counts.</param>
    public static void Apply(float[] result, float[] content, int width, IReadOnlyList<(float[] Rgb, double Share)> styles)
    {
        if (content.Length != result.Length)
            throw new ArgumentException($"{result.Length / 3} pixels cannot take the colors of {content.Length / 3}");
        var paintings = styles.Where(s => s.Share > 0).Select(s => (Lab: Oklab(s.Rgb), s.Share)).ToList();
        var wanted = Moments(paintings);
        var range = Enumerable.Range(0, 3)
            .Select(axis => (Low: paintings.Min(p => p.Lab[axis].Min()), High: paintings.Max(p => p.Lab[axis].Max()))).ToArray();
        double[][] lab = Oklab(result);
        Clamp(lab[0], range[0]);
        double most = new[] { (1, 1), (1, 2), (2, 2) }.Max(at => Math.Abs(wanted.Covariance[at.Item1, at.Item2]));
        if (most < GrayCovariance) Move(lab, Moments([(lab, 1)]), wanted);
        else
        {
            double[][] photograph = Oklab(content);
            Move(photograph, Chroma(Moments([(photograph, 1)])), Chroma(wanted));
            (lab[1], lab[2]) = (photograph[1], photograph[2]);
            for (int i = 0; i < Smoothings; i++) (lab[1], lab[2]) = Smoothed(lab, width);
        }
        for (int axis = 0; axis < 3; axis++) Clamp(lab[axis], range[axis]);
        Write(lab, result);
    }

    /// <summary>Mean and covariance of colors.</summary>
    sealed record Statistics(double[] Mean, double[,] Covariance);

    static double[][] Oklab(float[] rgb)
    {
        int count = rgb.Length / 3;
        double[][] lab = [new double[count], new double[count], new double[count]];
        for (int i = 0; i < count; i++)
        {
            var cones = Matrix3.Times(ToCones, Unit(rgb[i]), Unit(rgb[count + i]), Unit(rgb[2 * count + i]));
            (lab[0][i], lab[1][i], lab[2][i]) = Matrix3.Times(ToLab, Math.Cbrt(cones.A), Math.Cbrt(cones.B), Math.Cbrt(cones.C));
        }
        return lab;
    }

    static void Write(double[][] lab, float[] rgb)
    {
        int count = rgb.Length / 3;
        for (int i = 0; i < count; i++)
        {
            var cones = Matrix3.Times(FromLab, lab[0][i], lab[1][i], lab[2][i]);
            var (red, green, blue) = Matrix3.Times(FromCones, Math.Pow(cones.A, 3), Math.Pow(cones.B, 3), Math.Pow(cones.C, 3));
            (rgb[i], rgb[count + i], rgb[2 * count + i]) = (Byte(red), Byte(green), Byte(blue));
        }
    }

    static double Unit(float value) => Math.Clamp(value / 255.0, 0, 1);

    static float Byte(double value) => (float)(255 * Math.Clamp(value, 0, 1));

    static void Clamp(double[] values, (double Low, double High) range)
    {
        for (int i = 0; i < values.Length; i++) values[i] = Math.Clamp(values[i], range.Low, range.High);
    }

    static Statistics Moments(IReadOnlyList<(double[][] Lab, double Share)> pictures)
    {
        double all = pictures.Sum(p => p.Share);
        double[] mean = [.. Enumerable.Range(0, 3).Select(axis => pictures.Sum(p => p.Share / all * p.Lab[axis].Average()))];
        return new(mean, Matrix3.Of((i, j) => pictures.Sum(p =>
        {
            double sum = 0;
            for (int k = 0; k < p.Lab[i].Length; k++) sum += (p.Lab[i][k] - mean[i]) * (p.Lab[j][k] - mean[j]);
            return p.Share / all * sum / p.Lab[i].Length;
        })));
    }

    /// <summary>The same of A and B alone: L would stay what it is.</summary>
    static Statistics Chroma(Statistics of) =>
        new([0, of.Mean[1], of.Mean[2]], Matrix3.Of((i, j) => i > 0 && j > 0 ? of.Covariance[i, j] : i == j ? 1 : 0));

    static void Move(double[][] lab, Statistics from, Statistics to)
    {
        static double[,] Power(Statistics of, double exponent) =>
            Matrix3.Power(Matrix3.Of((i, j) => of.Covariance[i, j] + (i == j ? Least : 0)), exponent);
        double[,] a = Matrix3.Product(Power(to, 0.5), Power(from, -0.5));
        for (int i = 0; i < lab[0].Length; i++)
        {
            var moved = Matrix3.Times(a, lab[0][i] - from.Mean[0], lab[1][i] - from.Mean[1], lab[2][i] - from.Mean[2]);
            (lab[0][i], lab[1][i], lab[2][i]) = (moved.A + to.Mean[0], moved.B + to.Mean[1], moved.C + to.Mean[2]);
        }
    }

    /// <summary>A and B averaged over 3x3 pixels, those of the edge repeated, that weigh exp(-10 |L - L'|).</summary>
    static (double[] A, double[] B) Smoothed(double[][] lab, int width)
    {
        int count = lab[0].Length, height = count / width;
        double[] a = new double[count], b = new double[count];
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
            {
                double all = 0, sumA = 0, sumB = 0;
                for (int dy = -1; dy <= 1; dy++)
                    for (int dx = -1; dx <= 1; dx++)
                    {
                        int at = Math.Clamp(y + dy, 0, height - 1) * width + Math.Clamp(x + dx, 0, width - 1);
                        double weight = Math.Exp(-Sharpness * Math.Abs(lab[0][y * width + x] - lab[0][at]));
                        (all, sumA, sumB) = (all + weight, sumA + weight * lab[1][at], sumB + weight * lab[2][at]);
                    }
                (a[y * width + x], b[y * width + x]) = (sumA / all, sumB / all);
            }
        return (a, b);
    }
}
