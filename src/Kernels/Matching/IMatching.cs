namespace GpuStyle.Kernels;

/// <summary>The operations of <see cref="IMatching"/> that may want scratch.</summary>
public enum MatchingScratch
{
    /// <summary>Centering, in either direction.</summary>
    Center,

    /// <summary>Normalizing, in the forward direction.</summary>
    Normalize,

    /// <summary>Finding the nearest.</summary>
    Match,

    /// <summary>Pulling samples towards others.</summary>
    Pull,

    /// <summary>Pulling for others.</summary>
    Cover,
}

/// <summary>
/// Samples of features and their nearest neighbours among others: what a loss compares that makes every place of a picture look like some
/// place of a painting (Kolkin et al. 2022, "Neural Neighbor Style Transfer"; Kolkin, Salavon and Shakhnarovich 2019, STROTSS). Samples are
/// the rows of a matrix [1,m,N].
/// </summary>
public interface IMatching
{
    /// <summary>
    /// samples[row, column + c] = F[c] at the row's point, for each point of the map and all channels of <paramref name="features"/> F
    /// [C,H,W]; with <paramref name="accumulate"/> that is added to what is there. Other rows and columns stay as they are.
    /// </summary>
    void Gather(Tensor features, SampleMap map, Tensor samples, int column, bool accumulate = false);

    /// <summary>The way back: F[c] at each point += samples[row, column + c].</summary>
    void Scatter(Tensor samples, int column, SampleMap map, Tensor features);

    /// <summary>
    /// Takes the mean row u away from every row, and divides each by its length, in place:
    /// <code>
    /// z_p = (x_p - u) / max(|x_p - u|, <see cref="LeastLength"/> |u|, <see cref="Tiny"/>)
    /// </code>
    /// <paramref name="lengths"/> [1,2,m] gets the divisors and, behind them, 1 where the row's own length is the divisor, else 0.
    /// </summary>
    void Center(Tensor samples, Tensor lengths);

    /// <summary>
    /// The way back, in place: <paramref name="gradient"/> [1,m,N] with respect to z becomes that with respect to x. With g_p its row, l_p
    /// the divisor and s_p the 1 or 0 behind it
    /// <code>
    /// h_p = (g_p - s_p (g_p . z_p) z_p) / l_p       result_p = h_p - mean of all h
    /// </code>
    /// </summary>
    void CenterGradient(Tensor centered, Tensor lengths, Tensor gradient);

    /// <summary>
    /// Divides each row by its length, in place, without a mean being taken away: z_p = x_p / max(|x_p|, <see cref="LeastNorm"/>).
    /// <paramref name="lengths"/> as in <see cref="Center"/>.
    /// </summary>
    void Normalize(Tensor samples, Tensor lengths);

    /// <summary>The way back, in place: <see cref="CenterGradient"/>'s h_p, from which no mean is taken away.</summary>
    void NormalizeGradient(Tensor normalized, Tensor lengths, Tensor gradient);

    /// <summary>
    /// For each row of <paramref name="samples"/> A [1,m,N] the number of the row of <paramref name="others"/> B [1,n,N] with the greatest
    /// inner product, into <paramref name="nearest"/> [1,1,m], and for each row of B that of A, into <paramref name="nearestOfOthers"/>
    /// [1,1,n]. Of equal products the lowest number counts; where no product is a number, any row. Either may be null.
    /// </summary>
    void Match(Tensor samples, Tensor others, Tensor? nearest, Tensor? nearestOfOthers);

    /// <summary>
    /// Pulls each row p of <paramref name="samples"/> A towards the row k_p of <paramref name="targets"/> B that <paramref name="nearest"/>
    /// names, or p itself without it:
    /// <code>
    /// sum += sum over p of w_p (1 - A_p . B_k)       gradient_p -= factor w_p B_k
    /// </code>
    /// <paramref name="weights"/> w is [1,1,m]; without it w_p = 1.
    /// </summary>
    void Pull(Tensor samples, Tensor targets, Tensor? nearest, Tensor? weights, double factor, ScalarSlot sum, Tensor gradient);

    /// <summary>
    /// Pulls for each row q of <paramref name="others"/> B the row k_q of <paramref name="samples"/> A that <paramref name="nearest"/>
    /// [1,1,n] names towards it:
    /// <code>
    /// sum += sum over q of (1 - A_k . B_q)           gradient_k -= factor B_q
    /// </code>
    /// </summary>
    void Cover(Tensor samples, Tensor others, Tensor nearest, double factor, ScalarSlot sum, Tensor gradient);

    /// <summary>Adds the scratch of an operation on so many samples and, where it takes them, others, of so many numbers each.</summary>
    void ForecastScratch(MatchingScratch operation, int samples, int others, int length, ScratchForecast forecast) { }

    /// <summary>
    /// Rows no longer than this share of their mean row are all the same but for rounding (of a picture of one color): their direction says
    /// nothing.
    /// </summary>
    const float LeastLength = 1e-3f;

    /// <summary>The most rows and taps: their numbers are kept as float32.</summary>
    const int MostRows = 1 << 24;

    /// <summary>Keeps quotients finite where everything is 0.</summary>
    const float Tiny = 1e-8f;

    /// <summary>Rows that keep their mean are not made longer than by 1 over this; the program of NNST has the same limit.</summary>
    const float LeastNorm = 1e-4f;

    /// <summary>The shape of so many samples of so many numbers.</summary>
    static Shape Samples(int count, int length) => new(1, count, length);

    /// <summary>The shape of divisors and their marks.</summary>
    static Shape Lengths(int count) => new(1, 2, count);

    /// <summary>Throws unless the map is for the features, and its rows and columns are there.</summary>
    static void Check(Tensor features, SampleMap map, Tensor samples, int column)
    {
        var (channels, rows, columns) = samples.Shape;
        if (map.Size != (features.Shape.Height, features.Shape.Width))
            throw new ArgumentException($"A map of points in {map.Size} is not for features of {features.Shape}.", nameof(map));
        if (channels != 1 || map.EndRow > rows || column < 0 || column > columns - features.Shape.Channels)
            throw new ArgumentException($"{map.EndRow} rows and the channels of {features.Shape} from column {column} on do not fit {samples.Shape}.");
    }

    /// <summary>Throws unless there is a divisor for each row, and the gradient has the samples' shape.</summary>
    static void CheckCenter(Tensor samples, Tensor lengths, Tensor? gradient = null)
    {
        if (samples.Shape.Channels != 1 || lengths.Shape != Lengths(samples.Shape.Height))
            throw new ArgumentException($"{lengths.Shape} has not the lengths of {samples.Shape}.", nameof(lengths));
        if (gradient is not null && gradient.Shape != samples.Shape)
            throw new ArgumentException($"A gradient of {gradient.Shape} does not fit {samples.Shape}.", nameof(gradient));
    }

    /// <summary>Throws unless rows are alike and there is a number for each.</summary>
    static void CheckMatch(Tensor samples, Tensor others, Tensor? nearest, Tensor? nearestOfOthers)
    {
        var ((a, m, length), (b, n, other)) = (samples.Shape, others.Shape);
        if (a != 1 || b != 1 || length != other) throw new ArgumentException($"Rows of {samples.Shape} and {others.Shape} are not alike.", nameof(others));
        if (Math.Max(m, n) > MostRows) throw new ArgumentException($"{Math.Max(m, n)} rows are more than {MostRows}.", nameof(others));
        CheckNumbers(m, nearest);
        CheckNumbers(n, nearestOfOthers);
    }

    /// <summary>Throws unless a list has so many numbers.</summary>
    static void CheckNumbers(int count, Tensor? numbers)
    {
        if (numbers is not null && numbers.Shape != IMoments.Vector(count)) throw new ArgumentException($"{numbers.Shape} has not {count} numbers.", nameof(numbers));
    }
}
