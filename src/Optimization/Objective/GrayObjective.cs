using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// An objective for pictures without color: it sees the mean of a picture's red, green and blue in place of each, and its gradient is
/// that mean's. An optimizer need not know.
/// </summary>
internal sealed class GrayObjective : IObjective
{
    readonly IObjective inner;
    readonly TensorList owned;
    readonly Tensor thirds, seen, slope;

    /// <summary>Takes the objective over.</summary>
    public GrayObjective(IObjective inner)
    {
        (this.inner, owned) = (inner, new(inner.Device));
        try
        {
            thirds = owned.Allocate(Shape.Matrix(3), [.. Enumerable.Repeat(1 / 3f, 9)]);
            seen = owned.Allocate(inner.Picture);
            slope = owned.Allocate(inner.Picture);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Scalars Sums => inner.Sums;

    /// <inheritdoc/>
    public int FirstExtraSum => inner.FirstExtraSum;

    /// <inheritdoc/>
    public double PixelScale => inner.PixelScale;

    /// <inheritdoc/>
    public Shape Picture => inner.Picture;

    /// <inheritdoc/>
    public bool Wraps => inner.Wraps;

    /// <inheritdoc/>
    public Device Device => inner.Device;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes => inner.Notes;

    /// <inheritdoc/>
    public void Evaluate(Tensor picture, Tensor gradient)
    {
        inner.Evaluate(Mean(picture, seen), gradient);
        Device.Vectors.Copy(Mean(gradient, slope), gradient);
    }

    /// <inheritdoc/>
    public int Evaluations
    {
        get => inner.Evaluations;
        set => inner.Evaluations = value;
    }

    /// <inheritdoc/>
    public Tensor Shown(Tensor picture) => inner.Shown(Mean(picture, seen));

    /// <inheritdoc/>
    public Losses Losses(ReadOnlySpan<double> sums) => inner.Losses(sums);

    /// <inheritdoc/>
    public void Dispose()
    {
        owned.Dispose();
        inner.Dispose();
    }

    /// <summary>
    /// The mean of the channels in each of them. A Gram matrix's gradient is a matrix times features: here the matrix that averages three
    /// channels.
    /// </summary>
    Tensor Mean(Tensor picture, Tensor mean)
    {
        Device.Gram.Gradient(picture, Region.All(Picture), thirds, mean, accumulate: false);
        return mean;
    }
}
