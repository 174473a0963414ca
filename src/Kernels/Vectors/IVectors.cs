namespace GpuStyle.Kernels;

/// <summary>The constants of one Adam step (Kingma and Ba 2015, algorithm 1). <paramref name="Iteration"/> counts from 1.</summary>
public readonly record struct AdamStep(double LearningRate, double Beta1, double Beta2, double Epsilon, int Iteration)
{
    /// <summary>lr / (1 - beta1^t): the learning rate with the first moment's bias corrected.</summary>
    public double CorrectedRate => LearningRate / (1 - Math.Pow(Beta1, Iteration));

    /// <summary>sqrt(1 - beta2^t): the second moment's root is divided by it.</summary>
    public double SecondCorrection => Math.Sqrt(1 - Math.Pow(Beta2, Iteration));
}

/// <summary>
/// Elementwise operations and sums on tensors of equal shape: what the optimizers and the picture's preparation need. Fill, Copy,
/// CopyPart and MaskByRelu take tensors of any shape, the others pictures, vectors and matrices (three channels at most). Sums are
/// accumulated in double precision; of packed vectors up to eight products at a time in float32 first, and a combination of four.
/// </summary>
public interface IVectors
{
    /// <summary>x = value, everywhere.</summary>
    void Fill(Tensor x, float value);

    /// <summary>destination = source.</summary>
    void Copy(Tensor source, Tensor destination);

    /// <summary>destination[c,y,x] = source[c, part.Top + y, part.Left + x]: a part of a tensor, as large as <paramref name="destination"/>.</summary>
    void CopyPart(Tensor source, Region part, Tensor destination);

    /// <summary>packed = source, rounded as <see cref="Tensor.Packed"/> says, the same bits on every device. Values are finite.</summary>
    void Pack(Tensor source, Tensor packed);

    /// <summary>
    /// window[c,y,x] = scale[c] (picture[c, corner.Top + y, corner.Left + x] - mean[c]): a part of a picture [C,H,W] of up to three
    /// channels, as large as <paramref name="window"/>, as a network wants it. The picture repeats: rows count modulo H and columns modulo W,
    /// and a window may reach beyond any side, however far.
    /// </summary>
    void Normalise(Tensor picture, Corner corner, ReadOnlySpan<double> mean, ReadOnlySpan<double> scale, Tensor window);

    /// <summary>
    /// The way back: picture[c, corner.Top + y, corner.Left + x] += scale[c] window[c,y,x], for every position of the window, rows and columns
    /// counted in the same way.
    /// </summary>
    void NormaliseGradient(Tensor window, ReadOnlySpan<double> scale, Tensor picture, Corner corner);

    /// <summary>gradient = 0 wherever activation, a ReLU's output, is not positive.</summary>
    void MaskByRelu(Tensor activation, Tensor gradient);

    /// <summary>Adds each vectors[i] . y to slot first + i; vectors may be packed. Any number of them share one reading of the scalars.</summary>
    void Dot(IReadOnlyList<Tensor> vectors, Tensor y, Scalars sums, int first);

    /// <summary>Adds the sum of |x| to a slot.</summary>
    void SumOfAbsolutes(Tensor x, ScalarSlot sum);

    /// <summary>
    /// destination = sum over i of coefficients[i] vectors[i]. The destination may be one
    /// of the vectors; these may be packed.
    /// </summary>
    void Combine(IReadOnlyList<Tensor> vectors, ReadOnlySpan<double> coefficients, Tensor destination);

    /// <summary>
    /// One Adam step in place: m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;
    /// x -= CorrectedRate m / (sqrt(v) / SecondCorrection + epsilon).
    /// </summary>
    void Adam(Tensor x, Tensor gradient, Tensor firstMoment, Tensor secondMoment, AdamStep step);

    /// <summary>Adds the scratch of <see cref="Dot"/>, or of <see cref="Combine"/>, of so many vectors of a shape.</summary>
    void ForecastScratch(Shape shape, int vectors, bool dot, ScratchForecast forecast) { }

    /// <summary>Throws unless the destination has the part's shape, which lies inside the source.</summary>
    static void CheckPart(Tensor source, Region part, Tensor destination)
    {
        if (part.CheckedIn(source.Shape).Of(source.Shape) != destination.Shape) throw new ArgumentException($"{part} of {source.Shape} cannot be copied into {destination.Shape}.", nameof(destination));
    }

    /// <summary>Throws unless one is the packed form of the other.</summary>
    static void CheckPacked(Tensor source, Tensor packed)
    {
        if (source.Shape != packed.Shape || source.Packed || !packed.Packed) throw new ArgumentException($"A tensor of {source.Shape} cannot be packed into this one of {packed.Shape}.", nameof(packed));
    }

    /// <summary>
    /// Throws unless window and picture have the same channels, up to three, and there is a factor for each. Returns where the window begins
    /// inside the picture.
    /// </summary>
    static Corner Check(Tensor window, Tensor picture, Corner corner, ReadOnlySpan<double> scale)
    {
        if (window.Shape.Channels != picture.Shape.Channels || window.Shape.Channels > 3 || window.Shape.Channels != scale.Length)
            throw new ArgumentException($"{window.Shape} is no window of a picture of {picture.Shape}.");
        return new(corner.Top.Modulo(picture.Shape.Height), corner.Left.Modulo(picture.Shape.Width));
    }
}
