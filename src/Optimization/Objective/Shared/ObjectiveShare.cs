using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>One device's part in an objective that several evaluate together: a band of each picture.</summary>
/// <param name="all">Where they meet.</param>
/// <param name="device">Which of them this is.</param>
/// <param name="speeds">How fast they are against each other.</param>
internal sealed class ObjectiveShare(AllReduce all, int device, IReadOnlyList<double> speeds)
{
    /// <summary>Whether what is of the whole picture counts here.</summary>
    public bool Leads => device == 0;

    /// <summary>This device's part of a picture.</summary>
    public Band Band(VggLayer deepest, int height, int width) => Network.Band.Deal(deepest, height, width, speeds)[device];

    /// <summary>Sums over all devices, which all call this; see <see cref="AllReduce"/>.</summary>
    public void Sum(IReadOnlyList<Tensor> statistics) => all.Sum(device, statistics);

    /// <summary>The same of some slots.</summary>
    public void Sum(Scalars scalars, int first, int count) => all.Sum(device, scalars, first, count);
}
