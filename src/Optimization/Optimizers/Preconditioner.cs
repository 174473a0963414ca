using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// A symmetric positive definite M with a gain for each octave of frequencies and each colour, for L-BFGS to start from instead of the identity:
/// H0 = gamma M (Nocedal and Wright 2006, section 7.2). The objective's curvature differs between them by orders of magnitude.
/// <code>
/// M = sum over b of B_b x (Q^T diag(gain_b) Q)        B_0 = F^2, B_1 = F - F^2, F = I - P_1; then B_l+1 = P_l - P_l+1, P_l = E^l R^l, 0 past the last
/// </code>
/// R halves the size and E = 4 R^T doubles it, so that P_l keeps what is slower than l octaves below the finest; F keeps the finest octave, and F^2 the finest of that. The rows of Q are
/// <see cref="Axes"/>. Since P_l+1 &lt;= P_l &lt;= I, and so F^2 &lt;= F, any positive gains make M positive definite, and v.B_b v, a colour at a time, shares |v|^2 among bands and
/// colours: <see cref="QueueSquares"/> measures it.
/// </summary>
internal sealed class Preconditioner : IDisposable
{
    /// <summary>Octaves, the last of which is all that is slower than the one before, with the finest in two.</summary>
    public const int Bands = 8;

    /// <summary>Slots that <see cref="QueueSquares"/> adds to.</summary>
    public const int SumCount = 3 * Bands;

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
    readonly Tensor[] parts = new Tensor[2];

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

    /// <summary>destination = M vector. Both are pictures, not the same; the vector is overwritten.</summary>
    public void Apply(Tensor vector, BandGains gains, Tensor destination)
    {
        Halve(vector);
        device.Vectors.Copy(vector, destination);
        if (levels.Count > 0) device.Smoothing.Spread(levels[0], -1, vector);
        Weigh(destination, gains, 1, 0);
        for (int l = levels.Count; l > 0; l--)
        {
            Weigh(levels[l - 1], gains, l + 1, l);
            if (l < levels.Count) device.Smoothing.Spread(levels[l], 1, levels[l - 1]);
        }
        if (levels.Count > 0)
        {
            device.Smoothing.Spread(levels[0], 1, destination);
            device.Smoothing.Halve(vector, levels[0]);
            device.Smoothing.Spread(levels[0], -1, vector);
        }
        Weigh(vector, gains, 0, 1);
        (parts[0], parts[1]) = (destination, vector);
        device.Vectors.Combine(parts, [1, 1], destination);
    }

    /// <summary>
    /// Adds |Q F v|^2, an axis at a time, to slots first, first + 1 and first + 2, and |Q R^l v|^2 to slots first + 3 (l + 1) and the two after it, for each octave that the picture has:
    /// what <see cref="BandGains.Squares"/> reads. The <paramref name="spare"/> picture is overwritten.
    /// </summary>
    public void QueueSquares(Tensor vector, Tensor spare, Scalars sums, int first)
    {
        Halve(vector);
        device.Vectors.Copy(vector, spare);
        if (levels.Count > 0) device.Smoothing.Spread(levels[0], -1, spare);
        device.Smoothing.SumMixedSquares(spare, axes, sums, first);
        device.Smoothing.SumMixedSquares(vector, axes, sums, first + 3);
        for (int l = 0; l < levels.Count; l++) device.Smoothing.SumMixedSquares(levels[l], axes, sums, first + 3 * (l + 2));
    }

    /// <inheritdoc/>
    public void Dispose() => levels.Dispose();

    void Halve(Tensor vector)
    {
        for (int l = 0; l < levels.Count; l++) device.Smoothing.Halve(l == 0 ? vector : levels[l - 1], levels[l]);
    }

    /// <summary>level = Q^T diag(gain of a band - gain of its neighbour, if it is one) Q level.</summary>
    void Weigh(Tensor level, BandGains gains, int band, int neighbour)
    {
        Array.Clear(matrix);
        for (int axis = 0; axis < 3; axis++)
        {
            float gain = (float)(gains[band, axis] - (neighbour > 0 ? gains[neighbour, axis] : 0));
            for (int i = 0; i < 9; i++) matrix[i] += gain * axes[3 * axis + i / 3] * axes[3 * axis + i % 3];
        }
        device.Smoothing.MixChannels(level, matrix);
    }

    static IEnumerable<Shape> Shapes(Shape picture)
    {
        for (int l = 1; l < Bands - 1 && Math.Min(picture.Height, picture.Width) > 1; l++) yield return picture = ISmoothing.Half(picture);
    }
}
