using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// A symmetric positive definite M with gains for each band of frequencies, which mix its colours, for L-BFGS to start from instead of the identity:
/// H0 = gamma M (Nocedal and Wright 2006, section 7.2). The objective's curvature differs between them by orders of magnitude.
/// <code>
/// M = sum over b of B_b x (Q^T G_b Q)        B_0 = F^2, B_1 = F - F^2, F = I - P_1; then B_l+1 = P_l - P_l+1, P_l = E^l R^l, 0 past the last
/// </code>
/// R halves the size and E = 4 R^T doubles it, so that P_l keeps what is slower than l octaves below the finest; F keeps the finest octave, and F^2 the finest of that. The rows of Q are
/// <see cref="Axes"/>. Since P_l+1 &lt;= P_l &lt;= I, and so F^2 &lt;= F, any positive definite G_b (<see cref="BandGains"/>) make M so, and v.B_b v shares |v|^2 among the bands:
/// <see cref="QueueProducts"/> measures it, and the colours' inner products.
/// </summary>
internal sealed class Preconditioner : IDisposable
{
    /// <summary>Octaves, the last of which is all that is slower than the one before, with the finest in two.</summary>
    public const int Bands = 8;

    /// <summary>Inner products of three channels; slots that <see cref="QueueProducts"/> adds to.</summary>
    public const int SumsPerBand = 6, SumCount = SumsPerBand * Bands;

    /// <summary>Orthonormal, by rows: grey, red against blue, green against both.</summary>
    static readonly float[] axes =
    [
        1 / MathF.Sqrt(3), 1 / MathF.Sqrt(3), 1 / MathF.Sqrt(3),
        1 / MathF.Sqrt(2), 0, -1 / MathF.Sqrt(2),
        1 / MathF.Sqrt(6), -2 / MathF.Sqrt(6), 1 / MathF.Sqrt(6),
    ];

    readonly Device device;
    readonly bool wrap;
    readonly TensorList levels;
    readonly Tensor matrices;
    readonly float[] values = new float[9 * Bands];
    readonly Tensor[] parts = new Tensor[2];
    readonly RepeatedOperations product;

    /// <summary>Allocates the pyramid.</summary>
    /// <param name="device">Where the gradients lie.</param>
    /// <param name="picture">Their shape.</param>
    /// <param name="wrap">Whether they are of a picture that wraps around.</param>
    public Preconditioner(Device device, Shape picture, bool wrap = false)
    {
        (this.device, this.wrap) = (device, wrap);
        levels = TensorList.Of(device, Shapes(picture));
        try
        {
            matrices = device.Allocate(Matrices);
        }
        catch
        {
            levels.Dispose();
            throw;
        }
        product = new(device, Multiply);
    }

    /// <summary>The three colour axes, one after the other.</summary>
    public static ReadOnlySpan<float> Axes => axes;

    /// <summary>One for each band.</summary>
    static Shape Matrices => new(1, Bands, 9);

    /// <summary>destination = M vector. Both are pictures, not the same; the vector is overwritten.</summary>
    public void Apply(Tensor vector, BandGains gains, Tensor destination)
    {
        for (int b = 0; b < Bands; b++) Weigh(gains, b, values.AsSpan(9 * b, 9));
        device.Upload(values, matrices);
        product.Run(vector, destination);
    }

    /// <summary>What <see cref="Apply"/> does with the matrices that are on the device, the same each time.</summary>
    void Multiply(Tensor vector, Tensor destination)
    {
        Halve(vector);
        device.Smoothing.MixChannels(vector, matrices, 1, destination);
        if (levels.Count > 0) device.Smoothing.Spread(levels[0], -1, vector, wrap);
        for (int l = levels.Count; l > 0; l--)
        {
            device.Smoothing.MixChannels(levels[l - 1], matrices, l + 1, levels[l - 1]);
            if (l < levels.Count) device.Smoothing.Spread(levels[l], 1, levels[l - 1], wrap);
        }
        if (levels.Count > 0)
        {
            device.Smoothing.Spread(levels[0], 1, destination, wrap);
            device.Smoothing.Halve(vector, levels[0], wrap);
            device.Smoothing.Spread(levels[0], -1, vector, wrap);
        }
        device.Smoothing.MixChannels(vector, matrices, 0, vector);
        (parts[0], parts[1]) = (destination, vector);
        device.Vectors.Combine(parts, [1, 1], destination);
    }

    /// <summary>
    /// Adds the inner products of F v's channels to six slots from the first on, and those of R^l v likewise from first + 6 (l + 1) on, for each octave that the picture has:
    /// what <see cref="BandGains.Products"/> reads. The <paramref name="spare"/> picture is overwritten.
    /// </summary>
    public void QueueProducts(Tensor vector, Tensor spare, Scalars sums, int first)
    {
        Halve(vector);
        device.Vectors.Copy(vector, spare);
        if (levels.Count > 0) device.Smoothing.Spread(levels[0], -1, spare, wrap);
        device.Smoothing.SumProducts(spare, sums, first);
        device.Smoothing.SumProducts(vector, sums, first + SumsPerBand);
        for (int l = 0; l < levels.Count; l++) device.Smoothing.SumProducts(levels[l], sums, first + SumsPerBand * (l + 2));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        product.Dispose();
        levels.Dispose();
        matrices.Dispose();
    }

    void Halve(Tensor vector)
    {
        for (int l = 0; l < levels.Count; l++) device.Smoothing.Halve(l == 0 ? vector : levels[l - 1], levels[l], wrap);
    }

    /// <summary>
    /// matrix = Q^T G Q, for the gains G of a band along the color axes Q, less the gains that <see cref="Multiply"/> has applied to that band
    /// before: those of the next finer band. Band 1 is applied first, to everything, so that band 0 has had band 1's.
    /// </summary>
    static void Weigh(BandGains gains, int band, Span<float> matrix)
    {
        matrix.Clear();
        int? neighbor = band switch { 0 => 1, 1 => null, _ => band - 1 };
        for (int entry = 0; entry < 9; entry++)
        {
            float gain = (float)(gains[band][entry] - (neighbor is { } other ? gains[other][entry] : 0));
            for (int i = 0; i < 9; i++) matrix[i] += gain * axes[3 * (entry / 3) + i / 3] * axes[3 * (entry % 3) + i % 3];
        }
    }

    static IEnumerable<Shape> Shapes(Shape picture)
    {
        for (int l = 1; l < Bands - 1 && Math.Min(picture.Height, picture.Width) > 1; l++) yield return picture = ISmoothing.Half(picture);
    }
}
