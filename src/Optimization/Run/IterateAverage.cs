using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// The exponential average of a size's iterates, the picture that it starts from among them, with the bias of a short past corrected as
/// style-transfer-pytorch does (and Kingma and Ba 2015, section 3, for Adam's moments): after t pictures x_1 .. x_t it is the sum of d^(t-i) x_i
/// over the sum of d^(t-i). Kept up to date as a = (1 - w) a + w x with w = (1 - d) / (1 - d^t).
/// </summary>
internal sealed class IterateAverage : IDisposable
{
    readonly Tensor picture;
    readonly Tensor? average;
    readonly double decay;
    double power = 1;

    /// <summary>Allocates the average and begins with the picture.</summary>
    /// <param name="picture">The picture that is optimised.</param>
    /// <param name="decay">d, from 0 to below 1; 0 takes no memory and is the picture itself.</param>
    public IterateAverage(Tensor picture, double decay)
    {
        (this.picture, this.decay) = (picture, decay);
        if (decay > 0) average = picture.Device.Allocate(picture.Shape);
        Add();
    }

    /// <summary>The average.</summary>
    public Tensor Value => average ?? picture;

    /// <summary>Counts the picture as it is now.</summary>
    public void Add()
    {
        if (average is null) return;
        power *= decay;
        double share = (1 - decay) / (1 - power);
        average.Device.Vectors.Combine([average, picture], [1 - share, share], average);
    }

    /// <summary>d^t, once t pictures were counted.</summary>
    public double Power => power;

    /// <summary>A copy of the average; null if it is the picture itself.</summary>
    public SavedTensor? Save() => average is null ? null : SavedTensor.Of(average);

    /// <summary>Goes on from another one's.</summary>
    public void Restore(SavedTensor? saved, double powerThen)
    {
        if (average is null) return;
        saved!.CopyTo(average);
        power = powerThen;
    }

    /// <inheritdoc/>
    public void Dispose() => average?.Dispose();
}
