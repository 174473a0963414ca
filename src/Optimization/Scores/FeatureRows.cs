using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>Features of a picture at every position, as rows of sample matrices.</summary>
internal static class FeatureRows
{
    /// <summary>For each layer a matrix [1,M,N]: the N channels at each of its M positions, row by row of the map.</summary>
    public static Tensor[] Of(FeatureNetwork network, Tensor picture, int blockSize, IReadOnlyList<VggLayer> layers, TensorList owned) =>
        Gather(network, picture, blockSize, layers, side: 1, owned);

    /// <summary>
    /// For each layer a matrix [1,(H-2)(W-2),9N]: the 3x3 positions of each patch that lies inside the map, one behind the other.
    /// </summary>
    public static Tensor[] Patches(FeatureNetwork network, Tensor picture, int blockSize, IReadOnlyList<VggLayer> layers, TensorList owned) =>
        Gather(network, picture, blockSize, layers, side: 3, owned);

    static Tensor[] Gather(FeatureNetwork network, Tensor picture, int blockSize, IReadOnlyList<VggLayer> layers, int side, TensorList owned)
    {
        var wanted = new List<SampleRows>();
        var made = new Tensor[layers.Count];
        for (int i = 0; i < layers.Count; i++)
        {
            var layer = layers[i];
            var (channels, height, width) = layer.Output(picture.Shape.Height, picture.Shape.Width);
            int down = height - side + 1, across = width - side + 1;
            if (down < 1 || across < 1) throw new ArgumentException($"{layer.Relu} of {picture.Shape} has no patch of {side}x{side}; use a larger picture.");
            var rows = made[i] = owned.Allocate(IMatching.Samples(down * across, side * side * channels));
            for (int k = 0; k < side * side; k++)
            {
                var (dy, dx) = (k / side, k % side);
                SampleMap? Map(PictureBlock block, TensorList tables) => block.Owned(layer,
                    Enumerable.Range(0, down * across).Select(r => new SampleTap(r, r / across + dy, r % across + dx, 1)), tables);
                wanted.Add(new(layer, Map, rows, k * channels));
            }
        }
        SampleGather.Add(network, picture, blockSize, null, wanted);
        return made;
    }
}
