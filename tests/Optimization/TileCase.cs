using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;

namespace GpuStyle.Tests.Optimization;

/// <summary>Losses of a picture that tiles, by names of <see cref="ControlCase"/>, on pictures and weights made by formula.</summary>
static class TileCase
{
    /// <summary>Every style loss, and what changes it.</summary>
    public static TheoryData<string> Cases => ["Gram", "paper+losses", "moments", "covariance+losses", "Wasserstein",
        "neighbors", "neighbors+all+colors", "neighbors+losses+turned", "columns", "transport", "transport+all+palette"];

    /// <summary>The settings without content, with all positions where the other case has some of them.</summary>
    public static ObjectiveSettings Settings(string name, params string[] layers) =>
        ControlCase.Settings(name, layers) with { Tiles = true, ContentLayers = [] };

    /// <summary>A picture [3,H,W], another for each stream.</summary>
    public static float[] Pixels(int height, int width, uint stream = 3) => OwnGolden.Pixels(new(3, height, width), stream);

    /// <summary>The picture moved down and to the right; what leaves it at one side comes in at the other.</summary>
    public static float[] Moved(float[] picture, int height, int width, int down, int right)
    {
        var moved = new float[picture.Length];
        for (int i = 0; i < picture.Length; i++)
        {
            int c = i / (height * width), y = i / width % height, x = i % width;
            moved[(c * height + (y + down) % height) * width + (x + right) % width] = picture[i];
        }
        return moved;
    }

    /// <summary>Losses and gradient of a picture with two style pictures; hypercolumns are sought for that picture.</summary>
    public static (Losses Losses, float[] Gradient) Evaluate(Device device, ObjectiveSettings settings, float[] picture,
        int height, int width, int blockSize = 0, Guidance? guidance = null) =>
        Evaluate(device, settings, picture, height, width, blockSize, guidance,
            (objective, _, gradient) => (objective.ReadLosses(), device.Download(gradient)));

    /// <summary>Evaluates, and hands over what was evaluated.</summary>
    public static T Evaluate<T>(Device device, ObjectiveSettings settings, float[] picture, int height, int width, int blockSize,
        Guidance? guidance, Func<Objective, Tensor, Tensor, T> use)
    {
        using var network = new FeatureNetwork(device, OwnGolden.Narrow, settings.Pooling, settings.Deepest(), settings.PixelScale);
        Shape shape = new(3, height, width), first = new(3, 35, 41), second = new(3, 30, 36);
        using var style = device.Allocate(first, OwnGolden.Pixels(first, 2));
        using var other = device.Allocate(second, [.. OwnGolden.Pixels(second, 4).Select(v => 0.7f * v)]);
        using var x = device.Allocate(shape, picture);
        using var sought = device.Allocate(shape, picture);
        using var objective = new Objective(
            network, settings, sought, [style, other], height, width, blockSize: blockSize, guidance: guidance);
        using var gradient = device.Allocate(shape);
        objective.Evaluate(x, gradient);
        return use(objective, x, gradient);
    }
}
