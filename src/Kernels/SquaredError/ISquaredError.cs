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
    /// the region. All tensors have the same shape; <paramref name="gradient"/> may be <paramref name="x"/> itself when not accumulating.
    /// </summary>
    void Evaluate(Tensor x, double scale, Tensor target, Region region, ScalarSlot value, Tensor? gradient, double gradientScale, bool accumulate);

    /// <summary>Throws unless all shapes are equal and the region lies inside them.</summary>
    static void Check(Tensor x, Tensor target, Region region, Tensor? gradient)
    {
        region.CheckedIn(x.Shape);
        if (x.Shape != target.Shape || (gradient is not null && gradient.Shape != x.Shape))
            throw new ArgumentException($"Squared error of {x.Shape} against {target.Shape}, gradient {gradient?.Shape}: the shapes differ.");
    }
}
