namespace GpuStyle.Network;

/// <summary>
/// What is done with one block of a picture, step by step, in both directions through the network, and where its values lie. Made from the
/// network's table and the layers that losses look at alone, without a device; <see cref="FeaturePass"/> does it.
/// </summary>
/// <param name="Buffers">All places, by their numbers.</param>
/// <param name="Forward">From the picture's part to the deepest layer.</param>
/// <param name="Backward">And back; empty if only the forward direction is wanted.</param>
public sealed record PassSchedule(IReadOnlyList<PassBuffer> Buffers, IReadOnlyList<ConvolveStep> Forward, IReadOnlyList<PassStep> Backward)
{
    /// <summary>The picture's part, and its gradient.</summary>
    public PassBuffer Picture => Buffers[0];

    /// <summary>Makes the schedule.</summary>
    /// <param name="table">The network's channels.</param>
    /// <param name="depth">Layers that are used.</param>
    /// <param name="seeded">The layers that losses look at, the deepest used one among them; null: the forward direction alone.</param>
    public static PassSchedule Make(LayerTable table, int depth, IEnumerable<VggLayer>? seeded)
    {
        var maker = new Maker(table, depth, seeded?.Select(l => l.Index).ToHashSet());
        var forward = maker.Forward();
        return new(maker.Buffers, forward, seeded is null ? [] : maker.Backward());
    }

    sealed class Maker
    {
        readonly IReadOnlySet<int>? seeds;
        readonly VggLayer[] layers;
        readonly PassBuffer picture;
        readonly PassBuffer[] features;
        readonly PassBuffer?[] pooled, gradients;

        public Maker(LayerTable table, int depth, IReadOnlySet<int>? seeds)
        {
            this.seeds = seeds;
            layers = [.. Vgg19.Layers.Take(depth)];
            picture = Add("picture", "picture", 3, 0, null);
            features = [.. layers.Select(l => Add($"features {l.Relu}", StorageOfFeatures(l), table.Outputs(l), l.PoolsBefore,
                seeds is not null && IsPooled(l.Index) && !seeds.Contains(l.Index) ? l : null))];
            // A pooled map is read by the next convolution alone, so that all share a storage; so does its gradient, which takes its place.
            pooled = [.. layers.Select(l => IsPooled(l.Index) ? Add($"pooled {l.Relu}", "pooled", table.Outputs(l), l.PoolsBefore + 1,
                null) : null)];
            gradients = [.. layers.Select(l => seeds?.Contains(l.Index) == true
                ? Add($"gradient {l.Relu}", $"gradients {Seeded(l.Index) % 2}", table.Outputs(l), l.PoolsBefore, null) : null)];
        }

        public List<PassBuffer> Buffers { get; } = [];

        public ConvolveStep[] Forward() =>
            [.. layers.Select(l => new ConvolveStep(l, l.Index == 0 ? picture : pooled[l.Index - 1] ?? features[l.Index - 1],
                features[l.Index], pooled[l.Index]))];

        public List<PassStep> Backward()
        {
            var steps = new List<PassStep>();
            // The gradient of the layer above; if it is that of a pooled map, the features before the pooling too.
            PassBuffer? above = null, unpooled = null;
            foreach (var layer in layers.Reverse())
            {
                var here = features[layer.Index];
                // Where no loss looks at features their gradient takes their place.
                var own = gradients[layer.Index];
                var gradient = own ?? here;
                if (own is not null) steps.Add(new SeedStep(layer, here, own));
                if (above is null)
                {
                    steps.Add(new ReluGradientStep(here, gradient));
                    above = gradient;
                }
                else if (pooled[layer.Index] is not { } map)
                {
                    steps.Add(new ConvolveGradientStep(layers[layer.Index + 1], above, unpooled, gradient, here,
                        Accumulate: own is not null));
                    (above, unpooled) = (gradient, null);
                }
                else
                {
                    steps.Add(new ConvolveGradientStep(layers[layer.Index + 1], above, unpooled, map, null, Accumulate: false));
                    if (own is not null) steps.Add(new PoolGradientStep(layer, here, map, own));
                    (above, unpooled) = own is not null ? (own, null) : (map, here);
                }
            }
            steps.Add(new ConvolveGradientStep(layers[0], above!, unpooled, picture, null, Accumulate: false));
            return steps;
        }

        PassBuffer Add(string name, string storage, int channels, int pools, VggLayer? maskOf)
        {
            var buffer = new PassBuffer(Buffers.Count, name, storage, channels, pools, maskOf);
            Buffers.Add(buffer);
            return buffer;
        }

        /// <summary>With a backward pass each layer's own; else neighbors never share one, and even and odd layers do.</summary>
        string StorageOfFeatures(VggLayer layer) => seeds is not null ? $"features {layer.Relu}" : $"features {layer.Index % 2}";

        bool IsPooled(int layer) => layer + 1 < layers.Length && layers[layer + 1].PooledInput;

        /// <summary>How many layers right below a seeded one are seeded too.</summary>
        int Seeded(int layer)
        {
            int count = 0;
            while (seeds!.Contains(layer - count - 1)) count++;
            return count;
        }
    }
}
