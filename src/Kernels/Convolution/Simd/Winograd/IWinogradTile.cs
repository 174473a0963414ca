using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>Takes the results of a one-dimensional transform one by one, out of registers.</summary>
internal interface ISink<TVector>
{
    void Put(int index, TVector value);
}

/// <summary>
/// The transforms of Winograd's minimal filtering F(m x m, 3 x 3) (Lavin and Gray 2016, "Fast algorithms for convolutional
/// neural networks"): a tile of m x m outputs costs n x n products a pair of channels instead of 9 m m, with n = m + 2.
/// <code>
/// Y = A^T [ (G g G^T) .* (B^T d B) ] A          d: n x n inputs, g: 3 x 3 weights, Y: m x m outputs
/// </code>
/// Each method is one dimension of a two-dimensional transform, for as many channels as a vector has.
/// </summary>
internal unsafe interface IWinogradTile
{
    /// <summary>m, outputs along an edge.</summary>
    static abstract int Outputs { get; }

    /// <summary>n, inputs along an edge; their square is the number of frequencies.</summary>
    static abstract int Inputs { get; }

    /// <summary>
    /// Groups of sixteen inputs whose products are summed by themselves. Almost all of the rounding error is that of long sums, and
    /// sums of partial sums have less, for some time.
    /// </summary>
    static abstract int SummedGroups { get; }

    /// <summary>B^T d: n inputs, <paramref name="step"/> floats apart, to n values.</summary>
    static abstract void Input<TVector, TSink>(float* from, nint step, TSink sink)
        where TVector : struct, ISimd<TVector>
        where TSink : struct, ISink<TVector>;

    /// <summary>A^T x: n values to m outputs.</summary>
    static abstract void Output<TVector, TSink>(float* from, nint step, TSink sink)
        where TVector : struct, ISimd<TVector>
        where TSink : struct, ISink<TVector>;

    /// <summary>G g: 3 weights to n values.</summary>
    static abstract void Weights<TVector, TSink>(float* from, nint step, TSink sink)
        where TVector : struct, ISimd<TVector>
        where TSink : struct, ISink<TVector>;
}

/// <summary>Stores value i at <paramref name="to"/> + i <paramref name="step"/>.</summary>
internal readonly unsafe struct StoreSink<TVector>(float* to, nint step) : ISink<TVector>
    where TVector : struct, ISimd<TVector>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(int index, TVector value) => TVector.Store(value, to + index * step);
}
