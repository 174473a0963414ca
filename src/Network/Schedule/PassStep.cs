namespace GpuStyle.Network;

/// <summary>A place for values of a pass through the network.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Name">A name for people.</param>
/// <param name="Storage">Places with the same storage lie in the same memory, one after the other in time.</param>
/// <param name="Channels">Channels.</param>
/// <param name="Pools">Poolings between the picture and it.</param>
/// <param name="MaskOf">
/// The layer of which only a pooling reads what is here, so that the engine may keep less
/// (<see cref="Kernels.Device.AllocateBeforePooling"/>); null: others read it, too.
/// </param>
public sealed record PassBuffer(int Index, string Name, string Storage, int Channels, int Pools, VggLayer? MaskOf = null)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>One step of a pass: operations on a block.</summary>
public abstract record PassStep;

/// <summary>A convolution with bias and ReLU, and the pooling that follows it; whoever visits layers sees its output next.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="From">Its input.</param>
/// <param name="To">Its output.</param>
/// <param name="Pooled">Where its pooled output goes; null: no pooling follows.</param>
public sealed record ConvolveStep(VggLayer Layer, PassBuffer From, PassBuffer To, PassBuffer? Pooled) : PassStep
{
    /// <inheritdoc/>
    public override string ToString() => $"{Layer.Convolution}: {From} -> {To}{(Pooled is null ? "" : $", {Pooled}")}";
}

/// <summary>The gradient of the terms that look at a layer.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Features">Its output.</param>
/// <param name="Gradient">Overwritten.</param>
public sealed record SeedStep(VggLayer Layer, PassBuffer Features, PassBuffer Gradient) : PassStep
{
    /// <inheritdoc/>
    public override string ToString() => $"terms of {Layer.Relu}: {Features} -> {Gradient}";
}

/// <summary>The deepest layer's ReLU: its gradient is 0 where its output is not positive.</summary>
/// <param name="Features">The output.</param>
/// <param name="Gradient">Its gradient.</param>
public sealed record ReluGradientStep(PassBuffer Features, PassBuffer Gradient) : PassStep
{
    /// <inheritdoc/>
    public override string ToString() => $"ReLU's gradient: {Gradient} where {Features} is positive";
}

/// <summary>A convolution's data gradient, after that of the pooling that follows it if there is one.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="From">The gradient of what it puts out or, where <paramref name="Unpooled"/> is given, of the pooled map.</param>
/// <param name="Unpooled">Its output before a pooling, whose place the gradient takes; null: no pooling is passed here.</param>
/// <param name="To">The gradient of its input.</param>
/// <param name="Mask">The input, if it came out of a ReLU; null: it did not.</param>
/// <param name="Accumulate">Whether the gradient is added to what is there.</param>
public sealed record ConvolveGradientStep(VggLayer Layer, PassBuffer From, PassBuffer? Unpooled, PassBuffer To, PassBuffer? Mask,
    bool Accumulate) : PassStep
{
    /// <inheritdoc/>
    public override string ToString() => $"{Layer.Convolution} backward: {From}{(Unpooled is null ? "" : $" (pooled from {Unpooled})")}"
        + $" -> {(Accumulate ? "+" : "")}{To}{(Mask is null ? "" : $" where {Mask} is positive")}";
}

/// <summary>A pooling's gradient, added to that of the terms that look at its input.</summary>
/// <param name="Layer">The layer whose output is pooled.</param>
/// <param name="Features">That output.</param>
/// <param name="From">The gradient of the pooled map.</param>
/// <param name="To">Added to.</param>
public sealed record PoolGradientStep(VggLayer Layer, PassBuffer Features, PassBuffer From, PassBuffer To) : PassStep
{
    /// <inheritdoc/>
    public override string ToString() => $"pooling of {Layer.Relu} backward: {From} -> +{To} where {Features} is positive";
}
