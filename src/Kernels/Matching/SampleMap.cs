namespace GpuStyle.Kernels;

/// <summary>A point of a feature map, in its positions and fractions of them, and the row of a sample matrix that it belongs to.</summary>
public readonly record struct SamplePoint(int Row, float Y, float X);

/// <summary>
/// Which points of a feature map are which rows of a sample matrix. A row is the bilinear mean of the positions around its point, of one
/// where the point lies on it; points beyond the edge are those on it. It is a sparse matrix T, samples = T F, kept by rows for the way
/// there and by columns for the way back, so that either sums in a fixed order.
/// </summary>
public sealed class SampleMap : IDisposable
{
    /// <summary>Positions around a point.</summary>
    const int MostTaps = 4;

    readonly TensorList owned;
    readonly Tensor rows, taps, pixels, shares;

    /// <summary>Allocates room.</summary>
    /// <param name="device">Where the features lie.</param>
    /// <param name="points">The most points that it may have.</param>
    public SampleMap(Device device, int points)
    {
        Device = device;
        owned = new(device);
        int most = MostTaps * points;
        (rows, taps) = (owned.Allocate(new(1, points, RowFields)), owned.Allocate(new(1, most, TapFields)));
        (pixels, shares) = (owned.Allocate(new(1, most, PixelFields)), owned.Allocate(new(1, most, ShareFields)));
        (Rows, Taps, Pixels, Shares) = (rows, taps, pixels, shares);
    }

    /// <summary>Numbers of a row, of a tap, of a pixel and of a share.</summary>
    internal const int RowFields = 3, TapFields = 3, PixelFields = 4, ShareFields = 2;

    /// <summary>Device storage that a map takes.</summary>
    public static long StorageBytes(Device device, int points) => device.StorageBytes(new(1, points, RowFields))
        + device.StorageBytes(new(1, MostTaps * points, TapFields)) + device.StorageBytes(new(1, MostTaps * points, PixelFields))
        + device.StorageBytes(new(1, MostTaps * points, ShareFields));

    /// <summary>The device.</summary>
    public Device Device { get; }

    /// <summary>Height and width of the features that it is for.</summary>
    public (int Height, int Width) Size { get; private set; }

    /// <summary>Points; 0: none, and nothing may be done with it.</summary>
    public int Count { get; private set; }

    /// <summary>One more than the last row that a point has.</summary>
    internal int EndRow { get; private set; }

    /// <summary>[1,R,3]: for each point its row, its first tap and how many it has.</summary>
    internal Tensor Rows { get; private set; }

    /// <summary>[1,E,3]: y, x and weight of each tap.</summary>
    internal Tensor Taps { get; private set; }

    /// <summary>[1,P,4]: for each position that has a part in a row its y, x, first share and how many there are.</summary>
    internal Tensor Pixels { get; private set; }

    /// <summary>[1,E,2]: row and weight of each share.</summary>
    internal Tensor Shares { get; private set; }

    /// <summary>Maps these points, each row one at most.</summary>
    /// <param name="height">Height of the features.</param>
    /// <param name="width">Width of the features.</param>
    /// <param name="points">Row by row.</param>
    public void Set(int height, int width, ReadOnlySpan<SamplePoint> points)
    {
        (Size, Count, EndRow) = ((height, width), points.Length, 0);
        if (points.IsEmpty) return;
        var ofRows = new List<float>();
        var ofTaps = new List<(int Y, int X, int Row, float Weight)>();
        foreach (var point in points)
        {
            EndRow = Math.Max(EndRow, point.Row + 1);
            int first = ofTaps.Count;
            AddTaps(ofTaps, point, height, width);
            ofRows.AddRange([point.Row, first, ofTaps.Count - first]);
        }
        Rows = Fill(rows, RowFields, ofRows);
        Taps = Fill(taps, TapFields, [.. ofTaps.SelectMany(t => new[] { t.Y, t.X, t.Weight })]);
        List<float> ofPixels = [], ofShares = [];
        foreach (var pixel in ofTaps.GroupBy(t => (t.Y, t.X)).OrderBy(g => g.Key))
        {
            ofPixels.AddRange([pixel.Key.Y, pixel.Key.X, ofShares.Count / ShareFields, pixel.Count()]);
            foreach (var tap in pixel) ofShares.AddRange([tap.Row, tap.Weight]);
        }
        Pixels = Fill(pixels, PixelFields, ofPixels);
        Shares = Fill(shares, ShareFields, ofShares);
    }

    /// <inheritdoc/>
    public void Dispose() => owned.Dispose();

    static void AddTaps(List<(int Y, int X, int Row, float Weight)> taps, SamplePoint point, int height, int width)
    {
        float y = Math.Clamp(point.Y, 0, height - 1), x = Math.Clamp(point.X, 0, width - 1);
        int top = (int)y, left = (int)x;
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++)
            {
                float weight = (i == 0 ? 1 - (y - top) : y - top) * (j == 0 ? 1 - (x - left) : x - left);
                if (weight > 0) taps.Add((top + i, left + j, point.Row, weight));
            }
    }

    Tensor Fill(Tensor whole, int fields, List<float> values)
    {
        var part = whole.As(new(1, values.Count / fields, fields));
        Device.Upload([.. values], part);
        return part;
    }
}
