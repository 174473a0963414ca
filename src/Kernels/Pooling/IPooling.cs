namespace GpuStyle.Kernels;

/// <summary>How four neighbours become one.</summary>
public enum PoolingKind
{
    /// <summary>Their mean: the paper's choice for synthesis.</summary>
    Average,

    /// <summary>The largest, as VGG was trained.</summary>
    Max,
}

/// <summary>
/// 2x2 pooling with stride 2; an odd last row or column is dropped (the size is floored).
/// <code>
/// average: Y[c,y,x] = (X[c,2y,2x] + X[c,2y,2x+1] + X[c,2y+1,2x] + X[c,2y+1,2x+1]) / 4
/// max:     Y[c,y,x] = the largest of the four; its gradient goes to the first of them in reading order
/// </code>
/// Of the pooled map a window may be all that is wanted: it begins at a corner, its size is the smaller tensor's.
/// </summary>
public interface IPooling
{
    /// <summary>
    /// Pools <paramref name="input"/> [C,H,W]; <paramref name="output"/> is overwritten with the pooled map [C,H/2,W/2] or the window of
    /// it that begins at <paramref name="corner"/>.
    /// </summary>
    void Forward(PoolingKind kind, Tensor input, Tensor output, Corner corner = default);

    /// <summary>
    /// <paramref name="inputGradient"/> [C,H,W] becomes the pooling's gradient (0 in a dropped row or column and outside the window), plus
    /// what it held if <paramref name="accumulate"/>, and then 0 wherever <paramref name="input"/>, a ReLU's output, is not positive.
    /// Without accumulating it may take the input's place: both may be the same tensor.
    /// </summary>
    void Gradient(PoolingKind kind, Tensor input, Tensor outputGradient, Tensor inputGradient, bool accumulate, Corner corner = default);

    /// <summary>Adds the scratch of a pooling of a map, or of its gradient.</summary>
    void ForecastScratch(Shape input, Shape output, bool backward, ScratchForecast forecast) { }

    /// <summary>Whether four become their mean, not the largest of them.</summary>
    static bool IsMean(PoolingKind kind) => kind switch
    {
        PoolingKind.Average => true,
        PoolingKind.Max => false,
        _ => throw Unknown.Kind(kind),
    };

    /// <summary>The shape that pooling makes of another.</summary>
    static Shape Output(Shape input) => new(input.Channels, input.Height / 2, input.Width / 2);

    /// <summary>Throws unless <paramref name="output"/> is a window of <paramref name="input"/>'s pooled map.</summary>
    static void Check(Tensor input, Tensor output, Corner corner, Tensor? inputGradient = null)
    {
        if (inputGradient is not null && inputGradient.Shape != input.Shape)
            throw new ArgumentException($"A gradient of {inputGradient.Shape} does not fit {input.Shape}.");
        new Region(corner.Top, corner.Left, output.Shape.Height, output.Shape.Width).CheckedIn(Output(input.Shape));
        if (input.Shape.Channels != output.Shape.Channels) throw new ArgumentException($"2x2 pooling cannot take {input.Shape} to {output.Shape}.");
    }
}
