using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>A guidance channel T at one layer of a whole picture, and the sum of its squares: what a number of positions is without a guide.</summary>
internal sealed record GuideMap(float[] Channel, int Height, int Width)
{
    /// <summary>Less than one position's worth makes no statistics.</summary>
    public const double LeastMass = 1;

    /// <summary>The sum of T^2.</summary>
    public double Mass { get; } = Channel.Sum(t => (double)t * t);

    /// <summary>Whether there is something left of the region.</summary>
    public bool Present => Mass >= LeastMass;

    /// <summary>The channel whose square this one is: positions count with T instead of T^2.</summary>
    public GuideMap Root() => new(Array.ConvertAll(Channel, MathF.Sqrt), Height, Width);

    /// <summary>The channel whose square is the sum of the others', of which null is 1 everywhere; null if it is.</summary>
    public static GuideMap? Together(IReadOnlyList<GuideMap?> maps, int height, int width)
    {
        // Masks are float32, and carried a few dozen steps.
        const float Rounding = 1e-5f;
        var sum = new float[height * width];
        foreach (var map in maps)
            for (int i = 0; i < sum.Length; i++) sum[i] += map is null ? 1 : map.Channel[i] * map.Channel[i];
        return Array.TrueForAll(sum, v => Math.Abs(v - 1) < Rounding) ? null : new GuideMap(sum, height, width).Root();
    }

    /// <summary>T of one block's window, or its square.</summary>
    public float[] Crop(Region window, bool squared)
    {
        var crop = new float[window.Height * window.Width];
        for (int y = 0; y < window.Height; y++)
            Channel.AsSpan((window.Top + y) * Width + window.Left, window.Width).CopyTo(crop.AsSpan(y * window.Width));
        if (squared) for (int i = 0; i < crop.Length; i++) crop[i] *= crop[i];
        return crop;
    }

    /// <summary>The guide of a layer, block by block.</summary>
    public Guide Upload(VggLayer layer, IReadOnlyList<PictureBlock> blocks, FeatureScratch scratch, TensorList owned)
    {
        Tensor[] Planes(bool squared) => [.. blocks.Select(block => block.Levels[layer.PoolsBefore].Window)
            .Select(window => owned.Allocate(new(1, window.Height, window.Width), Crop(window, squared)))];
        return new(Planes(false), Planes(true), scratch.Of(layer));
    }

    /// <summary>Carries a mask down the network to some layers.</summary>
    public static Dictionary<VggLayer, GuideMap> Carry(float[] mask, int height, int width, GuideCarry carry, IReadOnlyCollection<VggLayer> layers)
    {
        var maps = new Dictionary<VggLayer, GuideMap>();
        float[] map = mask;
        foreach (var layer in Vgg19.Layers.Take(layers.Max(l => l.Index) + 1))
        {
            if (layer.PooledInput)
            {
                map = Pool(map, height, width, carry);
                (height, width) = (height / 2, width / 2);
            }
            if (carry != GuideCarry.Simple) map = Along(Along(map, height, width, 1, width, carry), width, height, width, 1, carry);
            if (layers.Contains(layer)) maps[layer] = new(map, height, width);
        }
        return maps;
    }

    static float[] Pool(float[] map, int height, int width, GuideCarry carry)
    {
        int h = height / 2, w = width / 2;
        var pooled = new float[h * w];
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
            {
                int i = 2 * y * width + 2 * x;
                float a = map[i], b = map[i + 1], c = map[i + width], d = map[i + width + 1];
                pooled[y * w + x] = carry switch
                {
                    GuideCarry.Inside => Math.Min(Math.Min(a, b), Math.Min(c, d)),
                    GuideCarry.All => Math.Max(Math.Max(a, b), Math.Max(c, d)),
                    _ => (a + b + c + d) / 4,
                };
            }
        return pooled;
    }

    /// <summary>One direction of a 3x3 window, of whose positions those count that lie in the picture.</summary>
    static float[] Along(float[] map, int lines, int length, int step, int pitch, GuideCarry carry)
    {
        var result = new float[map.Length];
        for (int line = 0; line < lines; line++)
            for (int i = 0; i < length; i++)
            {
                int at = line * pitch + i * step;
                float here = map[at], before = i > 0 ? map[at - step] : here, after = i + 1 < length ? map[at + step] : here;
                int count = 1 + (i > 0 ? 1 : 0) + (i + 1 < length ? 1 : 0);
                result[at] = carry switch
                {
                    GuideCarry.Inside => Math.Min(here, Math.Min(before, after)),
                    GuideCarry.All => Math.Max(here, Math.Max(before, after)),
                    _ => (here + (i > 0 ? before : 0) + (i + 1 < length ? after : 0)) / count,
                };
            }
        return result;
    }
}

/// <summary>Features' worth of memory that terms use in turn: a view for each layer and block.</summary>
internal sealed class FeatureScratch
{
    readonly Dictionary<VggLayer, Tensor[]> views = [];

    public FeatureScratch(LayerTable table, TensorList owned, IEnumerable<VggLayer> layers, IReadOnlyList<PictureBlock> blocks)
    {
        VggLayer[] distinct = [.. layers.Distinct()];
        if (distinct.Length == 0) return;
        var largest = distinct.SelectMany(layer => blocks.Select(b => table.Output(layer, b))).MaxBy(owned.Device.StorageBytes);
        var storage = owned.Allocate(largest);
        foreach (var layer in distinct) views[layer] = [.. blocks.Select(b => storage.As(table.Output(layer, b)))];
    }

    /// <summary>The views of a layer, block by block.</summary>
    public Tensor[] Of(VggLayer layer) => views[layer];
}
