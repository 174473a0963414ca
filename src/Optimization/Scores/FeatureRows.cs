using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>Features of a picture at every position, as rows of sample matrices.</summary>
internal static class FeatureRows
{
    /// <summary>A matrix [1,M,N]: a layer's N channels at each of its M positions, row by row of the map.</summary>
    public static Tensor Of(FeatureNetwork network, Tensor picture, int blockSize, VggLayer layer, TensorList owned) =>
        Gather(network, picture, blockSize, layer, side: 1, owned);

    /// <summary>
    /// A matrix [1,(H-2)(W-2),9N]: the 3x3 positions of each patch that lies inside the map, one behind the other.
    /// </summary>
    public static Tensor Patches(FeatureNetwork network, Tensor picture, int blockSize, VggLayer layer, TensorList owned) =>
        Gather(network, picture, blockSize, layer, side: 3, owned);

    static Tensor Gather(FeatureNetwork network, Tensor picture, int blockSize, VggLayer layer, int side, TensorList owned)
    {
        var (channels, height, width) = network.Table.Output(layer, picture.Shape.Height, picture.Shape.Width);
        int down = height - side + 1, across = width - side + 1;
        if (down < 1 || across < 1)
            throw new RequestException($"{layer.Relu} of {picture.Shape} has no patch of {side}x{side}; use a larger picture.");
        var rows = owned.Allocate(IMatching.Samples(down * across, side * side * channels));
        SampleGather.Add(network, picture, blockSize, null, [.. Enumerable.Range(0, side * side).Select(k =>
        {
            SampleMap? Map(PictureBlock block, TensorList tables) => block.Owned(layer,
                Enumerable.Range(0, down * across).Select(r => new SampleTap(r, r / across + k / side, r % across + k % side, 1)), tables);
            return new SampleRows(layer, Map, rows, k * channels);
        })]);
        return rows;
    }
}
