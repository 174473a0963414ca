namespace GpuStyle.Kernels;

/// <summary>
/// Steps between the sizes of a pyramid, each the other's adjoint but for a factor of 4, and a change of colours: what a smoothing
/// preconditioner is made of. Pictures of up to three channels. The filter of both is b = (1, 3, 3, 1) / 8 along rows and columns. What lies
/// outside the picture is 0 or, if it is to wrap around, its other side; but along an odd number of rows or columns, of which no half
/// repeats as they do, it is 0 all the same.
/// </summary>
public interface ISmoothing
{
    /// <summary>
    /// coarse[c,y,x] = sum over i, j = -1..2 of b[i] b[j] fine[c, 2y+i, 2x+j]: from [C,H,W] to [C, (H+1)/2, (W+1)/2], rounded down, which is overwritten.
    /// </summary>
    void Halve(Tensor fine, Tensor coarse, bool wrap = false);

    /// <summary>fine += 4 weight (the adjoint of <see cref="Halve"/>) coarse. A constant stays what it is, times the weight, but at edges that do not wrap around.</summary>
    void Spread(Tensor coarse, float weight, Tensor fine, bool wrap = false);

    /// <summary>
    /// mixed[:,y,x] = M picture[:,y,x], of three channels. M, by rows, is the one of this number, from 0, among <paramref name="matrices"/>
    /// [1,n,9]. Mixed may be the picture.
    /// </summary>
    void MixChannels(Tensor picture, Tensor matrices, int number, Tensor mixed);

    /// <summary>
    /// Adds to six slots from the first on the channels' inner products, in double precision: the sums over the picture of r r, g g, b b, r g, r b and g b, for the three channels r, g, b.
    /// </summary>
    void SumProducts(Tensor picture, Scalars sums, int first);

    /// <summary>Adds the scratch of sums of <paramref name="products"/> of a picture of a shape, or of steps from it.</summary>
    void ForecastScratch(Shape picture, bool products, ScratchForecast forecast) { }

    /// <summary>The shape that halving gives.</summary>
    static Shape Half(Shape fine) => fine with { Height = (fine.Height + 1) / 2, Width = (fine.Width + 1) / 2 };

    /// <summary>Whether rows and columns of a picture wrap around if that is asked for.</summary>
    static (bool Rows, bool Columns) Wraps(Shape fine, bool wrap) => (wrap && fine.Height % 2 == 0, wrap && fine.Width % 2 == 0);

    /// <summary>Throws unless one is the other halved.</summary>
    static void Check(Tensor fine, Tensor coarse)
    {
        if (coarse.Shape != Half(fine.Shape) || fine.Shape.Channels > 3) throw new ArgumentException($"{coarse.Shape} is not half of a picture of {fine.Shape}.", nameof(coarse));
    }

    /// <summary>Throws unless there are three channels.</summary>
    static void Check(Tensor picture)
    {
        if (picture.Shape.Channels != 3) throw new ArgumentException($"{picture.Shape} has not three channels.", nameof(picture));
    }

    /// <summary>Throws unless both have three channels and there is a matrix of the number.</summary>
    static void Check(Tensor picture, Tensor matrices, int number, Tensor mixed)
    {
        Check(picture);
        if (mixed.Shape != picture.Shape)
            throw new ArgumentException($"{mixed.Shape} has no room for {picture.Shape} with its channels mixed.", nameof(mixed));
        if (matrices.Shape != new Shape(1, matrices.Shape.Height, 9) || number < 0 || number >= matrices.Shape.Height)
            throw new ArgumentException($"{matrices.Shape} holds no matrix of 3x3 numbers {number}.", nameof(matrices));
    }
}
