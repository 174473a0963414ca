using System.Numerics;

namespace GpuStyle.Imaging;

/// <summary>CIE xy chromaticities of red, green, blue and white.</summary>
sealed record Chromaticities(
    double RedX, double RedY, double GreenX, double GreenY, double BlueX, double BlueY, double WhiteX, double WhiteY)
{
    /// <summary>Those of sRGB and ITU-R BT.709.</summary>
    public static Chromaticities Srgb { get; } = new(0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290);

    /// <summary>By the code points of ITU-T H.273; what is not specified is taken for sRGB. Null for those that are unknown here.</summary>
    public static Chromaticities? Of(int code) => code switch
    {
        1 or 2 => Srgb,
        4 => new(0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
        5 => new(0.64, 0.33, 0.29, 0.60, 0.15, 0.06, 0.3127, 0.3290),
        6 or 7 => new(0.630, 0.340, 0.310, 0.595, 0.155, 0.070, 0.3127, 0.3290),
        9 => new(0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290),
        11 => new(0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
        12 => new(0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290),
        22 => new(0.630, 0.340, 0.295, 0.605, 0.155, 0.077, 0.3127, 0.3290),
        _ => null,
    };

    /// <summary>Whether all are within 0.002 of others, which moves a colour by less than one level of 255.</summary>
    public bool IsNear(Chromaticities other) => Values.Zip(other.Values).All(pair => Math.Abs(pair.First - pair.Second) < 0.002);

    /// <summary>Whether they enclose colours at all.</summary>
    public bool ArePossible => Values.All(double.IsFinite) && RedY > 0 && GreenY > 0 && BlueY > 0 && WhiteY > 0
        && Math.Abs(Rows.GetDeterminant()) > 1e-4;

    double[] Values => [RedX, RedY, GreenX, GreenY, BlueX, BlueY, WhiteX, WhiteY];

    /// <summary>
    /// The matrix, by rows, that takes linear RGB of these primaries to linear sRGB; white goes to white (Bradford's adaptation).
    /// </summary>
    public double[,] ToSrgb()
    {
        // Vectors are rows and stand on the left of matrices.
        var cone = new Matrix4x4(
            0.8951f, -0.7502f, 0.0389f, 0, 0.2664f, 1.7135f, -0.0685f, 0, -0.1614f, 0.0367f, 1.0296f, 0, 0, 0, 0, 1);
        var (from, to) = (Vector3.Transform(White, cone), Vector3.Transform(Srgb.White, cone));
        var all = ToXyz * cone * Matrix4x4.CreateScale(to / from) * Inverse(cone) * Inverse(Srgb.ToXyz);
        return new double[,] { { all.M11, all.M21, all.M31 }, { all.M12, all.M22, all.M32 }, { all.M13, all.M23, all.M33 } };
    }

    Vector3 White => Xyz(WhiteX, WhiteY);
    Matrix4x4 ToXyz => Matrix4x4.CreateScale(Vector3.Transform(White, Inverse(Rows))) * Rows;

    Matrix4x4 Rows
    {
        get
        {
            var (r, g, b) = (Xyz(RedX, RedY), Xyz(GreenX, GreenY), Xyz(BlueX, BlueY));
            return new(r.X, r.Y, r.Z, 0, g.X, g.Y, g.Z, 0, b.X, b.Y, b.Z, 0, 0, 0, 0, 1);
        }
    }

    static Vector3 Xyz(double x, double y) => new((float)(x / y), 1, (float)((1 - x - y) / y));

    static Matrix4x4 Inverse(Matrix4x4 matrix) =>
        Matrix4x4.Invert(matrix, out var inverse) ? inverse : throw new ArithmeticException("primaries on one line");
}
