using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// A symmetric positive definite M with a gain for each octave of frequencies and each colour, for L-BFGS to start from instead of the identity:
/// H0 = gamma M (Nocedal and Wright 2006, section 7.2). The objective's curvature differs between them by orders of magnitude.
/// <code>
/// M = sum over l of (P_l - P_l+1) x (Q^T diag(gain_l) Q)        P_l = E^l R^l, P_0 = I, 0 past the last
/// </code>
/// R halves the size and E = 4 R^T doubles it, so that P_l keeps what is slower than l octaves below the finest; the rows of Q are
/// <see cref="Axes"/>. Since P_l+1 &lt;= P_l, any positive gains make M positive definite, and v.(P_l - P_l+1)v, a colour at a time, shares |v|^2 among octaves and
/// colours: <see cref="QueueSquares"/> measures it.
/// </summary>
internal sealed class Preconditioner : IDisposable
{
    /// <summary>Octaves, the last of which is all that is slower than the one before.</summary>
    public const int Octaves = 7;

    /// <summary>Slots that <see cref="QueueSquares"/> adds to.</summary>
    public const int SumCount = 3 * Octaves;

    /// <summary>Orthonormal, by rows: grey, red against blue, green against both.</summary>
    static readonly float[] axes =
    [
        1 / MathF.Sqrt(3), 1 / MathF.Sqrt(3), 1 / MathF.Sqrt(3),
        1 / MathF.Sqrt(2), 0, -1 / MathF.Sqrt(2),
        1 / MathF.Sqrt(6), -2 / MathF.Sqrt(6), 1 / MathF.Sqrt(6),
    ];

    readonly Device device;
    readonly TensorList levels;
    readonly float[] matrix = new float[9];

    /// <summary>Allocates the pyramid.</summary>
    /// <param name="device">Where the gradients lie.</param>
    /// <param name="picture">Their shape.</param>
    public Preconditioner(Device device, Shape picture)
    {
        this.device = device;
        levels = TensorList.Of(device, Shapes(picture));
    }

    /// <summary>The three colour axes, one after the other.</summary>
    public static ReadOnlySpan<float> Axes => axes;

    /// <summary>Bytes of the pyramid on a device.</summary>
    public static long StorageBytes(Device device, Shape picture) => Shapes(picture).Sum(device.StorageBytes);

    /// <summary>destination = M vector. Both are pictures; they are not the same.</summary>
    public void Apply(Tensor vector, BandGains gains, Tensor destination)
    {
        Halve(vector);
        device.Vectors.Copy(vector, destination);
        Weigh(destination, gains, 0);
        for (int l = levels.Count; l > 0; l--)
        {
            Weigh(levels[l - 1], gains, l);
            if (l < levels.Count) device.Smoothing.Spread(levels[l], 1, levels[l - 1]);
        }
        if (levels.Count > 0) device.Smoothing.Spread(levels[0], 1, destination);
    }

    /// <summary>Adds |Q R^l v|^2, an axis at a time, to slots first + 3 l and the two after it, for each octave that the picture has: what <see cref="BandGains.Squares"/> reads.</summary>
    public void QueueSquares(Tensor vector, Scalars sums, int first)
    {
        Halve(vector);
        device.Smoothing.SumMixedSquares(vector, axes, sums, first);
        for (int l = 0; l < levels.Count; l++) device.Smoothing.SumMixedSquares(levels[l], axes, sums, first + 3 * (l + 1));
    }

    /// <inheritdoc/>
    public void Dispose() => levels.Dispose();

    void Halve(Tensor vector)
    {
        for (int l = 0; l < levels.Count; l++) device.Smoothing.Halve(l == 0 ? vector : levels[l - 1], levels[l]);
    }

    /// <summary>level = Q^T diag(gain_l - gain_l-1) Q level.</summary>
    void Weigh(Tensor level, BandGains gains, int octave)
    {
        Array.Clear(matrix);
        for (int axis = 0; axis < 3; axis++)
        {
            float gain = (float)(gains[octave, axis] - (octave > 0 ? gains[octave - 1, axis] : 0));
            for (int i = 0; i < 9; i++) matrix[i] += gain * axes[3 * axis + i / 3] * axes[3 * axis + i % 3];
        }
        device.Smoothing.MixChannels(level, matrix);
    }

    static IEnumerable<Shape> Shapes(Shape picture)
    {
        for (int l = 1; l < Octaves && Math.Min(picture.Height, picture.Width) > 1; l++) yield return picture = ISmoothing.Half(picture);
    }
}
