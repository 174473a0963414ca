namespace GpuStyle.Kernels;

/// <summary>The definitions of total variation in use. dx and dy are differences to the right and lower neighbour.</summary>
public enum TotalVariationKind
{
    /// <summary>Half the sum of dx^2 over every horizontal pair plus dy^2 over every vertical pair.</summary>
    Squared,

    /// <summary>
    /// jcjohnson/neural-style: half the sum of dx^2 + dy^2, both taken only at positions that have a right and a lower
    /// neighbour (that program prints no value; its gradient is this function's).
    /// </summary>
    NeuralStyle,

    /// <summary>ProGamerGov/neural-style-pt: the sum of |dx| over horizontal pairs plus |dy| over vertical pairs; sign(0) = 0.</summary>
    Absolute,
}

/// <summary>Total variation of a picture: a value that is large where neighbours differ, and its gradient.</summary>
public interface ITotalVariation
{
    /// <summary>
    /// Adds the variation of <paramref name="picture"/> [C,H,W] to <paramref name="value"/> and weight times its gradient to
    /// <paramref name="gradient"/> [C,H,W].
    /// </summary>
    void Evaluate(TotalVariationKind kind, Tensor picture, ScalarSlot value, Tensor gradient, float weight);
}
