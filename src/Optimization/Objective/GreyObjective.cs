using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// An objective for pictures without color: of its gradient only the part that moves red, green and blue alike is left, their mean. Every direction that an
/// optimizer makes of such gradients keeps a grey picture grey, but for rounding.
/// </summary>
internal sealed class GreyObjective : IObjective
{
    readonly IObjective inner;
    readonly TensorList owned;
    readonly Tensor thirds, mean;

    /// <summary>Takes the objective over.</summary>
    public GreyObjective(IObjective inner)
    {
        (this.inner, owned) = (inner, new(inner.Device));
        try
        {
            thirds = owned.Allocate(Shape.Matrix(3), [.. Enumerable.Repeat(1 / 3f, 9)]);
            mean = owned.Allocate(inner.Picture);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Device storage that it takes beside the objective.</summary>
    public static long StorageBytes(Device device, Shape picture) => device.StorageBytes(picture) + device.StorageBytes(Shape.Matrix(3));

    /// <inheritdoc/>
    public Scalars Sums => inner.Sums;

    /// <inheritdoc/>
    public int FirstExtraSum => inner.FirstExtraSum;

    /// <inheritdoc/>
    public double PixelScale => inner.PixelScale;

    /// <inheritdoc/>
    public Shape Picture => inner.Picture;

    /// <inheritdoc/>
    public Device Device => inner.Device;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes => inner.Notes;

    /// <inheritdoc/>
    public void Evaluate(Tensor picture, Tensor gradient)
    {
        inner.Evaluate(picture, gradient);
        // A Gram matrix's gradient is a matrix times features: here the one that averages the three channels.
        Device.Gram.Gradient(gradient, Region.All(Picture), thirds, mean, accumulate: false);
        Device.Vectors.Copy(mean, gradient);
    }

    /// <inheritdoc/>
    public void ForgetGradients() => inner.ForgetGradients();

    /// <inheritdoc/>
    public Tensor Shown(Tensor picture) => inner.Shown(picture);

    /// <inheritdoc/>
    public Losses Losses(ReadOnlySpan<double> sums) => inner.Losses(sums);

    /// <inheritdoc/>
    public void Dispose()
    {
        owned.Dispose();
        inner.Dispose();
    }
}
