using GpuStyle.WeightsLoader;

namespace GpuStyle.Network;

/// <summary>
/// The network used where VGG-19's weights cannot be had: its shape, with filters made by formula and a fixed seed. It is a
/// multi-scale filter bank in the spirit of the scattering transform (Bruna and Mallat 2013) and of Portilla and Simoncelli's
/// texture statistics (2000), written as 3x3 convolutions with ReLU. Every layer holds
/// <list type="bullet">
/// <item>six <b>carriers</b>: the positive and negative parts of three opponent colours, which hand the picture itself from
/// scale to scale without loss, since r(v) - r(-v) = v;</item>
/// <item><b>colour filters</b>: derivatives, and random 3x3 patterns, of a random mixture of the three colours;</item>
/// <item><b>inherited</b> responses of the layer before, smoothed along the edge that they answer to, so that strokes count;</item>
/// <item><b>second-order filters</b>: derivatives of random mixtures of responses, for texture and for edges of texture.</item>
/// </list>
/// There are no biases: the network is positively homogeneous, so that contrast scales the features and no channel dies.
/// The same bits come out on every machine (docs/decisions/built-in-network.md says what was tried and how good it is).
/// </summary>
public static class BuiltInNetwork
{
    /// <summary>Chosen once (docs/decisions/built-in-network.md has others).</summary>
    const ulong Seed = 0;

    /// <summary>Standard deviations of a picture's channels are about 64.</summary>
    const float InputScale = 1f / 64, InputMean = 127.5f;

    /// <summary>
    /// The size of each layer's features, as a factor on filters that answer with standard deviation 1 to the calibration
    /// picture. The layers of the style loss are so balanced that each contributes alike, and conv4_2 so that the presets'
    /// weights hold for this network too. The next layer undoes the factor.
    /// </summary>
    static float Gain(string layer) => layer switch
    {
        "conv4_2" => 2250,
        _ => layer[4] switch { '1' => 460, '2' => 560, '3' => 750, '4' => 1000, _ => 780 },
    };

    /// <summary>Makes the first convolutions of the network; by default all sixteen.</summary>
    /// <param name="depth">How many convolutions are wanted.</param>
    public static VggWeights Create(int depth = 16)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, VggLayers.All.Count);
        var random = new SplitMix64(Seed);
        var maps = CalibrationPicture.Make(random);
        var layers = new ConvolutionWeights[depth];
        var channels = Array.Empty<FilterChannel>();
        float previousGain = 1;
        var dense = new List<Task>();
        for (int l = 0; l < depth; l++)
        {
            var (name, outputs, inputs) = VggLayers.All[l];
            bool pooledOutput = l + 1 < VggLayers.All.Count && VggLayers.All[l + 1].Name[4] != name[4];
            channels = l == 0 ? FilterBank.First(outputs, random) : FilterBank.Next(channels, outputs, pooledOutput, random);
            maps = Calibration.Standardise(channels, maps);
            if (pooledOutput) maps = Calibration.Pool(maps);
            float gain = Gain(name), factor = gain / previousGain;
            var (target, bank) = (l, channels);
            dense.Add(Task.Run(() => layers[target] = Dense(name, inputs, bank, factor)));
            previousGain = gain;
        }
        Task.WaitAll([.. dense]);
        var input = new InputDescription(ChannelOrder.Rgb, [InputMean, InputMean, InputMean], [InputScale, InputScale, InputScale]);
        return new(layers, input, "built-in network");
    }

    /// <summary>The kernel [K,C,3,3] of a layer, most of which is zero.</summary>
    static ConvolutionWeights Dense(string name, int inputs, FilterChannel[] channels, float factor)
    {
        var kernel = new float[channels.Length * inputs * 9];
        for (int k = 0; k < channels.Length; k++)
            foreach (var term in channels[k].Terms)
                for (int i = 0; i < 9; i++)
                    kernel[(k * inputs + term.Input) * 9 + i] += term.Kernel[i] * channels[k].Scale * factor;
        return new(name, channels.Length, inputs, kernel, new float[channels.Length]);
    }
}
