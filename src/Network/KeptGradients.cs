namespace GpuStyle.Network;

/// <summary>Gradients that a pass keeps for later ones, which then need not ask for them again. Only for a picture that is not cut.</summary>
/// <param name="Junction">A seeded layer that passes may end at: what comes down to it from above is kept, in a tensor of the layer's size.</param>
/// <param name="Own">
/// Seeded layers before the junction, in order, whose own losses' gradient may be kept: in a tensor of the layer's size each, but the first layer's where it comes to the picture, in one of that size.
/// </param>
public sealed record KeptGradients(VggLayer Junction, IReadOnlyList<VggLayer> Own);

/// <summary>What the way back does with the gradient that a layer's own losses have, apart from what comes down to that layer (<see cref="KeptGradients.Own"/>).</summary>
public enum OwnGradient
{
    /// <summary>Asks for it, and keeps nothing.</summary>
    Joined,

    /// <summary>Asks for it and keeps it.</summary>
    Renewed,

    /// <summary>Takes what was kept.</summary>
    Kept,
}
