namespace GpuStyle.Kernels;

/// <summary>
/// The devices that share a run, and the host's cores beside them, where an optimiser's vectors can live while others evaluate.
/// Owns them all.
/// </summary>
/// <param name="devices">Those that evaluate, at least one; each may be there once.</param>
/// <param name="hostThreads">Threads of the host's cores, if they are none of the devices; 0 for all.</param>
public sealed class DeviceGroup(IReadOnlyList<Device> devices, int hostThreads = 0) : IDisposable
{
    Func<Device> openHost = () => new SimdDevice(hostThreads);
    Device? host;

    /// <summary>A device alone.</summary>
    public DeviceGroup(Device device) : this([device]) { }

    /// <summary>The devices that evaluate.</summary>
    public IReadOnlyList<Device> Devices { get; } = devices.Count > 0 && devices.Distinct().Count() == devices.Count ? devices
        : throw new ArgumentException("A group has at least one device, and each once.", nameof(devices));

    /// <summary>The first device.</summary>
    public Device First => Devices[0];

    /// <summary>The host's cores: that device of the group, or one that is opened when first asked for.</summary>
    public Device Host => Devices.FirstOrDefault(d => d.Kind == DeviceKind.Simd) ?? (host ??= openHost());

    /// <summary>A group that counts what this one would hold (<see cref="CountingDevice"/>).</summary>
    internal DeviceGroup Counting() => new([.. Devices.Select(d => new CountingDevice(d))]) { openHost = () => new CountingDevice(Host) };

    /// <summary>What <see cref="Kernels.Devices.OpenGroup"/> opens them by.</summary>
    public string Id => string.Join(',', Devices.Select(d => d.Id));

    /// <summary>The devices, and the host's cores beside them if they have been opened.</summary>
    internal IEnumerable<Device> Opened => host is null ? Devices : Devices.Append(host);

    /// <summary>Their names.</summary>
    public string Name => string.Join(" + ", Devices.Select(d => d.Name));

    /// <summary>How often the host has waited for one of them.</summary>
    public long Synchronizations => Devices.Sum(d => d.Synchronizations) + (host?.Synchronizations ?? 0);

    /// <summary>The most storage that each has held, added up.</summary>
    public long PeakBytes => Devices.Sum(d => d.PeakBytes) + (host?.PeakBytes ?? 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var device in Devices) device.Dispose();
        host?.Dispose();
    }
}
