namespace GpuStyle.Kernels;

/// <summary>
/// The squared difference behind the content loss (on features) and the style loss (on Gram matrices), value and gradient in
/// one pass (Gatys, Ecker and Bethge 2016, equations 1, 2 and 4).
/// <code>
/// e = scale x - target        value = sum of e^2        gradient = gradientScale e
/// </code>
/// </summary>
public interface ISquaredError
{
    /// <summary>
    /// Adds the sum of e^2 over <paramref name="region"/> to <paramref name="value"/>. If <paramref name="gradient"/> is given it
    /// receives gradientScale e over the region: added if <paramref name="accumulate"/>, otherwise overwritten, with 0 outside
    /// the region. <paramref name="target"/> has the region's shape; <paramref name="gradient"/> has that of <paramref name="x"/>, which it may be itself when not accumulating.
    /// </summary>
    void Evaluate(Tensor x, double scale, Tensor target, Region region, ScalarSlot value, Tensor? gradient, double gradientScale, bool accumulate);

    /// <summary>Adds the scratch of <see cref="Evaluate"/> for a region of an x of a shape.</summary>
    void ForecastScratch(Shape x, Region region, ScratchForecast forecast) { }

    /// <summary>Throws unless the region lies inside x and the other shapes fit.</summary>
    static void Check(Tensor x, Tensor target, Region region, Tensor? gradient)
    {
        if (region.CheckedIn(x.Shape).Of(x.Shape) != target.Shape || (gradient is not null && gradient.Shape != x.Shape))
            throw new ArgumentException($"Squared error of {x.Shape} in {region} against {target.Shape}, gradient {gradient?.Shape}: the shapes do not fit.");
    }
}
