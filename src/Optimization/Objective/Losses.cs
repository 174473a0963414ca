namespace GpuStyle.Optimization;

/// <summary>The losses of one evaluation, before their weights except <see cref="Total"/>.</summary>
/// <param name="Total">The function minimised.</param>
/// <param name="Content">Sum of w_l L_l over the content layers.</param>
/// <param name="ContentLayers">L_l of each content layer, in the order asked for.</param>
/// <param name="Style">Sum of w_l E_l over the style layers.</param>
/// <param name="StyleLayers">E_l of each style layer, in the order asked for.</param>
/// <param name="Tv">Total variation.</param>
/// <param name="Color">Distance of the colors from the paintings'.</param>
public sealed record Losses(double Total, double Content, IReadOnlyList<double> ContentLayers, double Style, IReadOnlyList<double> StyleLayers, double Tv, double Color = 0)
{
    /// <summary>Whether the total is a number that can be minimised.</summary>
    public bool IsFinite => double.IsFinite(Total);
}
