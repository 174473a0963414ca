using System.Runtime.InteropServices;

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
        List<float> ofRows = [], ofPixels = [];
        float[] ofTaps = new float[TapFields * taps.Count], ofShares = new float[ShareFields * taps.Count];
        // Each tap's position, and its place among those of the position.
        var order = new long[taps.Count];
        for (int i = 0, first = 0; i < taps.Count; i++)
        {
            var (row, y, x, weight) = taps[i];
            (ofTaps[TapFields * i], ofTaps[TapFields * i + 1], ofTaps[TapFields * i + 2]) = (y, x, weight);
            order[i] = ((long)y * width + x) * taps.Count + i;
            if (i + 1 < taps.Count && taps[i + 1].Row == row) continue;
            ofRows.AddRange([row, first, i + 1 - first]);
            first = i + 1;
        }
        Array.Sort(order);
        for (int i = 0, first = 0; i < order.Length; i++)
        {
            var (row, y, x, weight) = taps[(int)(order[i] % taps.Count)];
            (ofShares[ShareFields * i], ofShares[ShareFields * i + 1]) = (row, weight);
            if (i + 1 < order.Length && order[i + 1] / taps.Count == order[i] / taps.Count) continue;
            ofPixels.AddRange([y, x, first, i + 1 - first]);
            first = i + 1;
        }
        (Rows, Taps) = (Table(RowFields, CollectionsMarshal.AsSpan(ofRows)), Table(TapFields, ofTaps));
        (Pixels, Shares) = (Table(PixelFields, CollectionsMarshal.AsSpan(ofPixels)), Table(ShareFields, ofShares));
    }

    SampleMap(TensorList owned, int height, int width, int points)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(points, IMatching.MostRows);
        (this.owned, Size, EndRow) = (owned, (height, width), points);
        Tensor Sized(int fields) => owned.Allocate(new(1, points, fields));
        (Rows, Taps, Pixels, Shares) = (Sized(RowFields), Sized(TapFields), Sized(PixelFields), Sized(ShareFields));
    }

    /// <summary>A map of so many positions, each of its own row, for devices whose tensors have no values; null of none.</summary>
    internal static SampleMap? OfSize(TensorList owned, int height, int width, int points) =>
        points == 0 ? null : new(owned, height, width, points);

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

    Tensor Table(int fields, ReadOnlySpan<float> values) => owned.Allocate(new(1, values.Length / fields, fields), values);
}
