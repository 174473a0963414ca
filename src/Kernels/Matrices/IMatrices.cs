namespace GpuStyle.Kernels;

/// <summary>
/// Arithmetic of small square matrices [1,N,N] and vectors [1,1,N]: what a loss does with statistics once they are added up. Nothing waits
/// for the host.
/// </summary>
public interface IMatrices
{
    /// <summary>
    /// result = scale A + vectorScale v v^T + diagonal I; <paramref name="result"/> may be A, and without a <paramref name="vector"/> its part is left out.
    /// </summary>
    void Combine(Tensor matrix, double scale, Tensor? vector, double vectorScale, double diagonal, Tensor result);

    /// <summary>result = scale A B + diagonal I; <paramref name="result"/> is neither A nor B.</summary>
    void Multiply(Tensor left, Tensor right, double scale, double diagonal, Tensor result);

    /// <summary>result = scale A v, plus what it held if <paramref name="accumulate"/>; it is not v.</summary>
    void Apply(Tensor matrix, Tensor vector, double scale, Tensor result, bool accumulate);

    /// <summary>Adds scale tr(A) to a slot.</summary>
    void Trace(Tensor matrix, double scale, ScalarSlot sum);

    /// <summary>
    /// The symmetric root A^1/2 and its inverse A^-1/2 of a symmetric matrix whose eigenvalues are positive; all three are different tensors.
    /// The reference takes eigenvalues; the engines iterate (<see cref="NewtonSchulz"/>), which needs eigenvalues above 1e-6 of the trace.
    /// </summary>
    void SquareRoot(Tensor matrix, Tensor root, Tensor inverseRoot);

    /// <summary>Adds the scratch of a product of matrices of an order, or of the <paramref name="root"/> of one.</summary>
    void ForecastScratch(int order, bool root, ScratchForecast forecast) { }

    /// <summary>Throws unless all are matrices of one order.</summary>
    static int Order(params ReadOnlySpan<Tensor> matrices)
    {
        int order = matrices[0].Shape.Width;
        foreach (var matrix in matrices)
            if (matrix.Shape != Shape.Matrix(order)) throw new ArgumentException($"{matrix.Shape} is no matrix of order {order}.");
        return order;
    }

    /// <summary>Throws unless all are vectors of an order.</summary>
    static void CheckVectors(int order, params ReadOnlySpan<Tensor?> vectors)
    {
        foreach (var vector in vectors)
            if (vector is not null && vector.Shape != IMoments.Vector(order)) throw new ArgumentException($"{vector.Shape} is no vector of order {order}.");
    }
}
