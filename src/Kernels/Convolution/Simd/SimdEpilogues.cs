using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// max(0, sum + bias): the end of a forward convolution. What is not a number stays so: Winograd's transforms make it of inputs
/// that overflow, and a run must notice.
/// </summary>
internal readonly unsafe struct BiasRelu<TVector>(float* bias) : IEpilogue<TVector>
    where TVector : struct, ISimd<TVector>
{
    public bool ReadsOutput => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Finish(TVector sum, int channel, float* at) => TVector.Max(TVector.Zero, TVector.Add(sum, TVector.Load(bias + channel)));
}

/// <summary>
/// The end of a gradient: plus what the output held if <paramref name="add"/>, and, if <paramref name="mask"/>, 0 where the activation,
/// which lies <paramref name="toActivation"/> bytes from the output, is not positive.
/// </summary>
internal readonly unsafe struct AddMask<TVector>(bool add, bool mask, nint toActivation) : IEpilogue<TVector>
    where TVector : struct, ISimd<TVector>
{
    public bool ReadsOutput => add || (mask && toActivation == 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Finish(TVector sum, int channel, float* at)
    {
        if (add) sum = TVector.Add(sum, TVector.Load(at));
        return mask ? TVector.WherePositive(TVector.Load((float*)((nint)at + toActivation)), sum) : sum;
    }
}
