using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>The network on every device of a group, and objectives that the devices evaluate together.</summary>
public sealed class NetworkGroup : IDisposable
{
    readonly List<FeatureNetwork> networks;
    readonly ObjectiveSettings settings;
    readonly IReadOnlyList<double>? shares;
    readonly Lazy<IReadOnlyList<double>> speeds;

    /// <summary>Prepares the weights on every device.</summary>
    /// <param name="devices">The devices.</param>
    /// <param name="weights">VGG-19.</param>
    /// <param name="settings">What the objectives will be.</param>
    /// <param name="shares">How fast the devices are against each other; null measures it when it is needed.</param>
    /// <param name="vectorsOnHost">Whether the picture and the optimiser's vectors live on the host, not on the first device.</param>
    public NetworkGroup(DeviceGroup devices, VggWeights weights, ObjectiveSettings settings, IReadOnlyList<double>? shares = null,
        bool vectorsOnHost = false)
    {
        (this.settings, this.shares) = (settings, shares);
        if (shares is not null && (shares.Count != devices.Devices.Count || !shares.All(s => double.IsFinite(s) && s > 0)))
            throw new RequestException($"{shares.Count} shares for {devices.Devices.Count} devices; give each device one, above 0.");
        Home = Objectives.Home(devices, vectorsOnHost);
        speeds = new(() => [.. networks!.Select(n => Speed.Measure(n, settings))], LazyThreadSafetyMode.PublicationOnly); // a measurement that failed is made again
        var deepest = settings.Deepest();
        networks = Prepared(devices, device => new(device, weights, settings.Pooling, deepest, settings.PixelScale));
    }

    /// <summary>Where the picture and the optimiser's vectors live.</summary>
    public Device Home { get; }

    /// <summary>How fast each device is, in floating-point operations of convolutions per second; measured when first asked for, one device after the other.</summary>
    public IReadOnlyList<double> Speeds => speeds.Value;

    /// <summary>
    /// An objective for pictures of one size; parameters as those of <see cref="Optimization.Objective"/>, but that content and styles are put on
    /// each device when they are needed there, and freed. <paramref name="sought"/> is the picture whose hypercolumns are looked for; null: the content.
    /// With <paramref name="stage"/> it is that which is minimized: the group's settings but for weights. Relative ones have been made
    /// weights for these pictures (<see cref="RelativeWeights"/>).
    /// </summary>
    public IStyleObjective Objective(TargetPicture? content, IReadOnlyList<TargetPicture> styles, int height, int width, int extraSums = 0,
        int blockSize = 0, Guidance? guidance = null, TargetPicture? sought = null, ObjectiveSettings? stage = null)
    {
        stage ??= settings;
        IStyleObjective objective = Objectives.Alone(networks.Count, networks[0].Device == Home)
            ? Objectives.Make(networks[0], stage, content, styles, height, width, extraSums, blockSize, guidance, sought: sought)
            : new SharedObjective(Home, networks, shares ?? (networks.Count == 1 ? [1] : Speeds), stage, content, styles, height, width,
                extraSums, blockSize, guidance, sought);
        try
        {
            RelativeWeights.Apply(objective, content?.Source, [.. styles.Select(s => s.Source)]);
            return objective;
        }
        catch
        {
            objective.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var network in networks) network.Dispose();
    }

    static List<FeatureNetwork> Prepared(DeviceGroup devices, Func<Device, FeatureNetwork> prepare)
    {
        var networks = new List<FeatureNetwork>();
        try
        {
            foreach (var device in devices.Devices) networks.Add(prepare(device));
            return networks;
        }
        catch
        {
            networks.ForEach(n => n.Dispose());
            throw;
        }
    }
}

/// <summary>What objectives on one device and on several have in common.</summary>
internal static class Objectives
{
    /// <summary>Where the picture and the optimiser's vectors live.</summary>
    public static Device Home(DeviceGroup devices, bool vectorsOnHost) => vectorsOnHost ? devices.Host : devices.First;

    /// <summary>Whether one device does all: no other evaluates, and the picture and the optimiser's vectors live there.</summary>
    public static bool Alone(int devices, bool home) => devices == 1 && home;

    /// <summary>An objective on one device, which holds the content and style pictures no longer than it takes to make it.</summary>
    public static Objective Make(FeatureNetwork network, ObjectiveSettings settings, TargetPicture? content, IReadOnlyList<TargetPicture> styles,
        int height, int width, int extraSums, int blockSize, Guidance? guidance, ObjectiveShare? share = null, TargetPicture? sought = null)
    {
        using var contentHere = content is null ? null : new DevicePicture(network.Device, content);
        using var soughtHere = sought is null ? null : new DevicePicture(network.Device, sought);
        DevicePicture[] stylesHere = [.. styles.Select(s => new DevicePicture(network.Device, s))];
        try
        {
            return new(network, settings, contentHere, stylesHere, height, width, extraSums, blockSize, guidance, share, soughtHere);
        }
        finally
        {
            foreach (var style in stylesHere) style.Dispose();
        }
    }
}
