using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>Which layers' gradients may serve more than one evaluation (<see cref="OptimizerSettings.Lag"/>, docs/decisions/lag.md).</summary>
public static class LagLayers
{
    /// <summary>
    /// What evaluations keep for those that leave out layers which hardly count (<see cref="OptimizerSettings.Lag"/>): these may end at the
    /// deepest layer but one, and go past those before it at which style alone looks; null if they never may (<see cref="WhyNoLag"/>).
    /// </summary>
    /// <remarks>
    /// Where evaluations are recorded only the first and the deepest layer lag: each way to evaluate is a recording, and layers between
    /// would make them many.
    /// </remarks>
    public static KeptGradients? Kept(Device device, ObjectiveSettings settings, int lag, int height, int width, int blockSize = 0)
    {
        if (lag == 1 || WhyNoLag(settings, height, width, blockSize) is not null) return null;
        var layers = Of(settings);
        return new(layers[^2], [.. layers.SkipLast(2).Where(layer => (layer.Index == 0 || device.Kind != DeviceKind.Cuda) && settings.ContentLayers.All(l => l.Vgg != layer))]);
    }

    /// <summary>
    /// Why no evaluation may end above the deepest layer, in words for users; null if some may. That layer must be one of style alone, and
    /// of Gram matrices or covariances, which are small where features are, and the picture must not be cut. Normalised gradients count for
    /// what their weights say, however small the losses.
    /// </summary>
    public static string? WhyNoLag(ObjectiveSettings settings, int height, int width, int blockSize = 0) =>
        settings.NormaliseGradients ? "gradients are normalised"
        : settings.StyleLoss is not (StyleLossKind.Gram or StyleLossKind.Covariance) ? "it is for the style losses gram and covariance"
        : Of(settings) is not [.., _, var deepest] ? "there is one layer only"
        : settings.ContentLayers.Any(l => l.Vgg == deepest) ? "content looks at the deepest layer"
        : settings.Blocks(height, width, blockSize).Count > 1 ? "the picture is worked on in blocks"
        : null;

    /// <summary>The layers that any loss looks at, from the first to the deepest.</summary>
    public static VggLayer[] Of(ObjectiveSettings settings) => [.. settings.Layers.Distinct().OrderBy(l => l.Index)];
}
