namespace GpuStyle.Kernels;

/// <summary>
/// Change of picture size, separable, centres aligned, edges repeated: Catmull-Rom cubic (Keys 1981, a = -1/2), widened by the
/// factor of reduction when the picture gets smaller so that nothing aliases.
/// </summary>
public interface IResampling
{
    /// <summary>
    /// Resamples <paramref name="source"/> [C,H,W] to the size of <paramref name="destination"/> [C,H',W'], which is overwritten. With <paramref
    /// name="wrap"/> both repeat, H to H' and W to W', and what lies beyond an edge is the other side.
    /// </summary>
    void Resize(Tensor source, Tensor destination, bool wrap = false);

    /// <summary>Adds the scratch of <see cref="Resize"/> between two shapes.</summary>
    void ForecastScratch(Shape source, Shape destination, ScratchForecast forecast) { }
}
