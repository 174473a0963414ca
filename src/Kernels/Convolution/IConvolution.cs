namespace GpuStyle.Kernels;

/// <summary>
/// A convolution's weights in the layout an engine computes with: 3x3, stride 1, zero padding 1, with bias.
/// Made once by <see cref="IConvolution.Prepare"/>, for both directions.
/// </summary>
public abstract class Filter(int outputChannels, int inputChannels) : IDisposable
{
    /// <summary>K, the channels that come out.</summary>
    public int OutputChannels { get; } = outputChannels;

    /// <summary>C, the channels that go in.</summary>
    public int InputChannels { get; } = inputChannels;

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>What a 2x2 pooling makes of a convolution's output, or its gradient: computed together with the convolution where an engine
/// can.</summary>
/// <param name="Kind">How four neighbors become one.</param>
/// <param name="Values">The pooled map [K,H/2,W/2], or a window of it.</param>
/// <param name="Corner">Where the window begins.</param>
public readonly record struct PooledMap(PoolingKind Kind, Tensor Values, Corner Corner = default);

/// <summary>
/// VGG's convolution (Simonyan and Zisserman 2015): 3x3, stride 1, zero padding 1, always followed by ReLU.
/// <code>
/// Y[k,y,x]  = max(0, b[k] + sum over c,i,j of W[k,c,i,j] X[c, y+i-1, x+j-1])        X is 0 outside
/// dX[c,y,x] = sum over k,i,j of W[k,c,i,j] dZ[k, y-i+1, x-j+1]                       dZ: gradient before that ReLU
/// </code>
/// </summary>
public interface IConvolution
{
    /// <summary>Weights into the engine's layout. <paramref name="kernel"/> is [K, C, 3, 3] (OIHW), <paramref name="bias"/> is [K].</summary>
    Filter Prepare(int outputChannels, int inputChannels, ReadOnlySpan<float> kernel, ReadOnlySpan<float> bias);

    /// <summary>Device storage that <see cref="Prepare"/> takes for such a filter.</summary>
    long StorageBytes(int outputChannels, int inputChannels);

    /// <summary>Adds the scratch of both directions, or of the first alone, for maps of a size.</summary>
    void ForecastScratch(int outputChannels, int inputChannels, int height, int width, bool backward, ScratchForecast forecast) { }

    /// <summary>
    /// Convolution, bias and ReLU. <paramref name="output"/> [K,H,W] is overwritten; <paramref name="input"/> is [C,H,W]. So is the map
    /// that a pooling makes of the output, if one is wanted (<see cref="IPooling.Forward"/>).
    /// </summary>
    void Forward(Filter filter, Tensor input, Tensor output, PooledMap? pooled = null);

    /// <summary>
    /// The data gradient. <paramref name="inputGradient"/> [C,H,W] becomes the transposed convolution of
    /// <paramref name="outputGradient"/> [K,H,W], plus what it held if <paramref name="accumulate"/>, and then 0 wherever
    /// <paramref name="activation"/> (the convolution's own input, if that came out of a ReLU; else null) is not positive. Without
    /// accumulating it may take the activation's place: both may be the same tensor. Where a pooling follows the convolution, <paramref
    /// name="pooled"/> has the pooled map's gradient, and in the output gradient's place stands the convolution's own output, whose values are
    /// lost: its gradient is found first (<see cref="IPooling.Gradient"/>).
    /// </summary>
    void Gradient(Filter filter, Tensor outputGradient, Tensor inputGradient, Tensor? activation, bool accumulate,
        PooledMap? pooled = null);

    /// <summary>The forward pass in two operations, for engines that do not compute both together.</summary>
    static void ForwardUnfused(IConvolution convolution, Filter filter, Tensor input, Tensor output, PooledMap pooled)
    {
        IPooling.Check(output, pooled.Values, pooled.Corner);
        convolution.Forward(filter, input, output);
        output.Device.Pooling.Forward(pooled.Kind, output, pooled.Values, pooled.Corner);
    }

    /// <summary>The backward pass in two operations, likewise.</summary>
    static void GradientUnfused(IConvolution convolution, Filter filter, Tensor output, Tensor inputGradient, Tensor? activation,
        bool accumulate, PooledMap pooled)
    {
        Check(filter, inputGradient, output, activation);
        output.Device.Pooling.Gradient(pooled.Kind, output, pooled.Values, output, accumulate: false, pooled.Corner);
        convolution.Gradient(filter, output, inputGradient, activation, accumulate);
    }

    /// <summary>
    /// Throws unless the channels and sizes of the tensors fit the filter. Engines call it first in both directions.
    /// </summary>
    static void Check(Filter filter, Tensor input, Tensor output, Tensor? activation = null)
    {
        if (activation is not null && activation.Shape != input.Shape)
            throw new ArgumentException($"A mask of {activation.Shape} does not fit {input.Shape}.");
        if (input.Shape.Channels != filter.InputChannels || output.Shape.Channels != filter.OutputChannels
            || input.Shape.Height != output.Shape.Height || input.Shape.Width != output.Shape.Width)
            throw new ArgumentException($"A {filter.InputChannels} to {filter.OutputChannels} convolution cannot take {input.Shape} to {output.Shape}.");
    }
}
