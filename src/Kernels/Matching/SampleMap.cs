namespace GpuStyle.Kernels;

/// <summary>A point of a feature map, in its positions and fractions of them, and the row of a sample matrix that it belongs to.</summary>
public readonly record struct SamplePoint(int Row, float Y, float X);

/// <summary>A position of a feature map that has a part in a row of a sample matrix, and how much it counts there.</summary>
public readonly record struct SampleTap(int Row, int Y, int X, float Weight);

/// <summary>
/// Which points of a feature map are which rows of a sample matrix. A row is the bilinear mean of the positions around its point, of one
/// where the point lies on it; points beyond the edge are those on it. It is a sparse matrix T, samples = T F, kept by rows for the way
/// there and by columns for the way back, so that either sums in a fixed order.
/// </summary>
public sealed class SampleMap
{
    readonly TensorList owned;

    /// <summary>Maps these points, one at least, no two to the same row.</summary>
    /// <param name="owned">Where its tables are allocated, on the device of the features.</param>
    /// <param name="height">Height of the features.</param>
    /// <param name="width">Width of the features.</param>
    /// <param name="points">The points, in any order.</param>
    public SampleMap(TensorList owned, int height, int width, IReadOnlyCollection<SamplePoint> points)
        : this(owned, height, width, [.. points.SelectMany(p => Around(p, height, width))])
    {
    }

    /// <summary>
    /// Maps sums of positions, one at least and <see cref="IMatching.MostRows"/> at most, each with its weight; those of a row follow one
    /// another.
    /// </summary>
    public SampleMap(TensorList owned, int height, int width, IReadOnlyList<SampleTap> taps)
    {
        ArgumentOutOfRangeException.ThrowIfZero(taps.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(taps.Count, IMatching.MostRows);
        (this.owned, Size, EndRow) = (owned, (height, width), taps.Max(t => t.Row) + 1);
        List<float> ofRows = [], ofTaps = [], ofPixels = [], ofShares = [];
        for (int first = 0, next; first < taps.Count; first = next)
        {
            for (next = first; next < taps.Count && taps[next].Row == taps[first].Row; next++)
                ofTaps.AddRange([taps[next].Y, taps[next].X, taps[next].Weight]);
            ofRows.AddRange([taps[first].Row, first, next - first]);
        }
        foreach (var pixel in taps.GroupBy(t => (t.Y, t.X)).OrderBy(g => g.Key))
        {
            ofPixels.AddRange([pixel.Key.Y, pixel.Key.X, ofShares.Count / ShareFields, pixel.Count()]);
            foreach (var tap in pixel) ofShares.AddRange([tap.Row, tap.Weight]);
        }
        (Rows, Taps) = (Table(RowFields, ofRows), Table(TapFields, ofTaps));
        (Pixels, Shares) = (Table(PixelFields, ofPixels), Table(ShareFields, ofShares));
    }

    /// <summary>Numbers of a row, of a tap, of a pixel and of a share.</summary>
    internal const int RowFields = 3, TapFields = 3, PixelFields = 4, ShareFields = 2;

    /// <summary>Height and width of the features that it is for.</summary>
    public (int Height, int Width) Size { get; }

    /// <summary>One more than the last row that a point has.</summary>
    internal int EndRow { get; }

    /// <summary>[1,R,3]: for each point its row, its first tap and how many it has.</summary>
    internal Tensor Rows { get; }

    /// <summary>[1,E,3]: y, x and weight of each tap.</summary>
    internal Tensor Taps { get; }

    /// <summary>[1,P,4]: for each position that has a part in a row its y, x, first share and how many there are.</summary>
    internal Tensor Pixels { get; }

    /// <summary>[1,E,2]: row and weight of each share.</summary>
    internal Tensor Shares { get; }

    /// <summary>Device storage of a map of so many points, each of which lies between so many positions or on one.</summary>
    public static long StorageBytes(Device device, int points, int positions = 1) =>
        device.StorageBytes(new(1, points, RowFields))
        + new[] { TapFields, PixelFields, ShareFields }.Sum(fields => device.StorageBytes(new(1, points * positions, fields)));

    /// <summary>
    /// The positions around a point, four at most, with their bilinear weights. Of features that <paramref name="wrap"/> around they lie on the
    /// other side where the point is beyond an edge.
    /// </summary>
    public static IEnumerable<SampleTap> Around(SamplePoint point, int height, int width, bool wrap = false)
    {
        float y = wrap ? point.Y : Math.Clamp(point.Y, 0, height - 1), x = wrap ? point.X : Math.Clamp(point.X, 0, width - 1);
        int top = (int)MathF.Floor(y), left = (int)MathF.Floor(x);
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++)
            {
                float weight = (i == 0 ? 1 - (y - top) : y - top) * (j == 0 ? 1 - (x - left) : x - left);
                if (weight > 0) yield return new(point.Row, (top + i).Modulo(height), (left + j).Modulo(width), weight);
            }
    }

    Tensor Table(int fields, List<float> values) => owned.Allocate(new(1, values.Count / fields, fields), [.. values]);
}
