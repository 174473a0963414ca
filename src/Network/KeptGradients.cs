namespace GpuStyle.Network;

/// <summary>Gradients that a pass keeps for shorter ones after it. Only for a picture that is not cut.</summary>
/// <param name="Junction">A seeded layer that they may end at: what comes down to it from above is kept, in a tensor of the layer's size.</param>
/// <param name="First">Whether what the first layer's own losses give may be kept, too, where it comes to the picture, in a tensor of the picture's size. The layer is seeded and is not the junction.</param>
public sealed record KeptGradients(VggLayer Junction, bool First);

/// <summary>What the way back does with the gradient that the first layer's own losses have, apart from what comes down to that layer (<see cref="KeptGradients.First"/>).</summary>
public enum FirstLayerGradient
{
    /// <summary>Takes both down to the picture together, and keeps nothing.</summary>
    Joined,

    /// <summary>Takes it down by itself, adds it and keeps it.</summary>
    Renewed,

    /// <summary>Adds what was kept.</summary>
    Kept,
}
