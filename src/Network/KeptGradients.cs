namespace GpuStyle.Network;

/// <summary>Gradients that a pass keeps for later ones, which then need not ask for them again. Only for a picture that is not cut.</summary>
/// <param name="Junction">A seeded layer that passes may end at: what comes down to it from above is kept, in a tensor of the layer's size.</param>
/// <param name="First">Whether what the first layer's own losses give may be kept, where it comes to the picture, in a tensor of the picture's size. The layer is seeded and is not the junction.</param>
/// <param name="Between">Seeded layers between these two whose own losses' gradient may be kept, in a tensor of the layer's size each.</param>
public sealed record KeptGradients(VggLayer Junction, bool First, IReadOnlyList<VggLayer> Between)
{
    /// <summary>The layers whose own losses' gradient may be kept.</summary>
    public IEnumerable<VggLayer> Own => First ? Between.Prepend(Vgg19.Layers[0]) : Between;
}

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
