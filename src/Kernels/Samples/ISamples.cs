namespace GpuStyle.Kernels;

/// <summary>
/// Arithmetic of matrices [1,m,N] whose rows are samples: what losses compare that look at all of a picture's samples together (Kolkin,
/// Salavon and Shakhnarovich 2019, "Style Transfer by Relaxed Optimal Transport and Self-Similarity", section 2). Nothing waits for the
/// host.
/// </summary>
public interface ISamples
{
    /// <summary>
    /// result = factor A B, plus what it held if <paramref name="accumulate"/>, where A is <paramref name="left"/> or, if <paramref
    /// name="leftTurned"/>, its transpose, and B likewise; the result is neither of them.
    /// </summary>
    void Multiply(Tensor left, bool leftTurned, Tensor right, bool rightTurned, double factor, Tensor result, bool accumulate);

    /// <summary>
    /// Inner products P [1,m,m] of rows of length 1 (<see cref="IMatching.Normalize"/>) become how each is related to the others, in place,
    /// with D_ij = 1 - P_ij, 0 on the diagonal:
    /// <code>
    /// R_ij = D_ij / s_i       s_i = max(sum over j of D_ij, <see cref="LeastDistance"/> m)
    /// </code>
    /// The paper divides columns (equation 7); P being symmetric, that is the transpose.
    /// </summary>
    void Relate(Tensor products);

    /// <summary>
    /// Compares relations with others', <paramref name="target"/> E, and leaves in <paramref name="products"/> the gradient with respect to
    /// the inner products, on both sides of the diagonal together (equation 7):
    /// <code>
    /// sum += sum over i, j of |R_ij - E_ij|       products_ij = -factor (G_ij + G_ji)
    /// G_ij = (e_ij - sum over k of e_ik R_ik) / s_i       e = the sign of R - E; without the sum where s_i is the least there is
    /// </code>
    /// So products Z is the gradient with respect to the normalized rows Z.
    /// </summary>
    void CompareRelations(Tensor products, Tensor target, double factor, ScalarSlot sum);

    /// <summary>
    /// sum += sum of |x - y|, and x becomes factor times the sign of x - y, 0 where they are equal. Matrices of one shape.
    /// </summary>
    void Deviate(Tensor values, Tensor target, double factor, ScalarSlot sum);

    /// <summary>first = second, if the second's sum times its factor is larger than the first's. Matrices of one shape.</summary>
    void TakeLarger(Tensor first, ScalarSlot ofFirst, double firstFactor, Tensor second, ScalarSlot ofSecond, double secondFactor);

    /// <summary>
    /// For each color of <paramref name="colors"/> [1,m,3] the number of the nearest among <paramref name="others"/> [1,n,3], into
    /// <paramref name="nearest"/> [1,1,m]; of equally near ones the lowest. The distance of colors a and b is
    /// <code>
    /// 1 - a.b / (max(|a|, least) max(|b|, least)) + sqrt(max(|a - b|^2, <see cref="LeastSquares"/>) / 3)
    /// least = <see cref="LeastColor"/>
    /// </code>
    /// </summary>
    void NearestColors(Tensor colors, Tensor others, Tensor nearest);

    /// <summary>
    /// Adds the distances of colors to the partners that <paramref name="nearest"/> names to a slot, and factor times their gradient with
    /// respect to <paramref name="colors"/> to <paramref name="gradient"/>. The numbers are those of the others for each color or, if
    /// <paramref name="ofOthers"/>, those of the colors for each of the others.
    /// </summary>
    void PullColors(Tensor colors, Tensor others, Tensor nearest, bool ofOthers, double factor, ScalarSlot sum, Tensor gradient);

    /// <summary>Adds the scratch of a product of an m x k matrix with a k x n one.</summary>
    void ForecastProduct(int m, int n, int k, ScratchForecast forecast) { }

    /// <summary>Adds the scratch of relations between so many rows; <paramref name="compared"/>: with others' relations.</summary>
    void ForecastRelations(int rows, bool compared, ScratchForecast forecast) { }

    /// <summary>Adds the scratch of deviations of so many values.</summary>
    void ForecastDeviations(long values, ScratchForecast forecast) { }

    /// <summary>Adds the scratch of looking for the nearest of so many colors.</summary>
    void ForecastColors(int others, ScratchForecast forecast) { }

    /// <summary>Samples that are nearer to each other than this, in the mean, are all the same but for rounding.</summary>
    const float LeastDistance = 1e-5f;

    /// <summary>Colors that are shorter, of 0..1, are too dark to have a direction.</summary>
    const float LeastColor = 1e-2f;

    /// <summary>Squared distances of colors are no less than this, so that a root has a slope.</summary>
    const float LeastSquares = 1e-5f;

    /// <summary>Throws unless the product has the result's shape.</summary>
    static (int M, int N, int K) CheckProduct(Tensor left, bool leftTurned, Tensor right, bool rightTurned, Tensor result)
    {
        var ((a, m, k), (b, l, n), (c, rows, columns)) = (Turned(left, leftTurned), Turned(right, rightTurned), result.Shape);
        if (a != 1 || b != 1 || c != 1 || k != l || m != rows || n != columns)
        {
            static string Word(bool turned) => turned ? ", turned," : "";
            throw new ArgumentException($"{left.Shape}{Word(leftTurned)} times {right.Shape}{Word(rightTurned)} is not {result.Shape}.", nameof(result));
        }
        return (m, n, k);
    }

    /// <summary>Throws unless both are matrices of one shape.</summary>
    static void CheckSame(Tensor matrix, Tensor other)
    {
        if (matrix.Shape.Channels != 1 || matrix.Shape != other.Shape)
            throw new ArgumentException($"{other.Shape} is no matrix like {matrix.Shape}.", nameof(other));
    }

    /// <summary>Throws unless it is a square matrix; returns its order.</summary>
    static int CheckSquare(Tensor matrix) => matrix.Shape == Shape.Matrix(matrix.Shape.Width) ? matrix.Shape.Width
        : throw new ArgumentException($"{matrix.Shape} is no square matrix.", nameof(matrix));

    /// <summary>Throws unless both are colors and there is a number for each of the first.</summary>
    static void CheckColors(Tensor colors, Tensor others, Tensor nearest)
    {
        if (colors.Shape != IMatching.Samples(colors.Shape.Height, 3) || others.Shape != IMatching.Samples(others.Shape.Height, 3))
            throw new ArgumentException($"{colors.Shape} and {others.Shape} are not both rows of three numbers.", nameof(others));
        IMatching.CheckNumbers(colors.Shape.Height, nearest);
    }

    private static Shape Turned(Tensor matrix, bool turned) =>
        turned ? new(matrix.Shape.Channels, matrix.Shape.Width, matrix.Shape.Height) : matrix.Shape;
}
