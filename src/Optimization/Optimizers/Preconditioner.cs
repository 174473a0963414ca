using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// A fixed symmetric positive definite M, for L-BFGS to start from instead of the identity: H0 = gamma M (Nocedal and Wright 2006, section 7.2). The
/// objective gives way more easily to slow changes of brightness and to changes between red and blue than to the rest, so
/// steps may be longer there:
/// <code>
/// M = K (I + sum over l = 1..5 of 0.3 2^(l/2) E^l R^l)        R halves the size, E doubles it, E = 4 R^T
/// </code>
/// and K doubles what lies along (red - blue) / sqrt 2. Where the figures come from is in docs/decisions/preconditioner.md.
/// </summary>
internal sealed class Preconditioner : IDisposable
{
    const int Levels = 5;

    /// <summary>I + v v^T with v = (1, 0, -1) / sqrt 2.</summary>
    static readonly float[] colours = [1.5f, 0, -0.5f, 0, 1, 0, -0.5f, 0, 1.5f];

    readonly Device device;
    readonly TensorList levels;
    readonly RepeatedOperations application;

    /// <summary>Allocates the pyramid.</summary>
    /// <param name="device">Where the gradients lie.</param>
    /// <param name="picture">Their shape.</param>
    public Preconditioner(Device device, Shape picture)
    {
        this.device = device;
        application = new(device, Run);
        levels = TensorList.Of(device, Shapes(picture));
    }

    /// <summary>Bytes of the pyramid on a device.</summary>
    public static long StorageBytes(Device device, Shape picture) => Shapes(picture).Sum(device.StorageBytes);

    /// <summary>destination = M gradient. Both are pictures.</summary>
    public void Apply(Tensor gradient, Tensor destination) => application.Run(gradient, destination);

    void Run(Tensor gradient, Tensor destination)
    {
        device.Vectors.Copy(gradient, destination);
        var fine = destination;
        foreach (var coarse in levels)
        {
            device.Smoothing.Halve(fine, coarse);
            fine = coarse;
        }
        for (int l = levels.Count - 1; l >= 0; l--)
            device.Smoothing.Spread(levels[l], MathF.Sqrt(2) * (l == 0 ? 0.3f : 1), l == 0 ? destination : levels[l - 1]);
        device.Smoothing.MixChannels(destination, colours);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        application.Dispose();
        levels.Dispose();
    }

    static IEnumerable<Shape> Shapes(Shape picture)
    {
        for (int l = 0; l < Levels && Math.Min(picture.Height, picture.Width) > 1; l++) yield return picture = ISmoothing.Half(picture);
    }
}
