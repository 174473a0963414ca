using System.Runtime.InteropServices;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.Optimization;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli.Running;

/// <summary>What a command works with: the devices, the weights, and a way to be interrupted.</summary>
internal sealed class Workplace : IDisposable
{
    readonly CancellationTokenSource interrupt = new();
    readonly PosixSignalRegistration[] signals;
    readonly string? notice;
    readonly Lazy<string> hash;
    readonly double[]? shares;
    readonly Func<DeviceGroup>? spare;
    DeviceGroup? failed;
    double[]? measured;

    /// <summary>Opens the device, or several, and finds the weights, both at the same time.</summary>
    public Workplace(string device, double[]? shares, int threads, bool exact, Precision precision, string? weights, bool download = true)
    {
        signals = Interruptions.Register(interrupt);
        string cache = Path.Combine(new WeightStore(new WeightStoreOptions()).Folder, "devices");
        var opening = Task.Run(() => Kernels.Devices.OpenGroup(device, threads, exact, precision, cache));
        var finding = Task.Run(() => FindWeights(weights, download, opening, interrupt.Token));
        try
        {
            Devices = opening.GetAwaiter().GetResult();
            if (shares is { Length: > 0 } && shares.Length != Devices.Devices.Count)
                throw new UserErrorException($"--shares gives {Counted(shares.Length, "number")} for {Counted(Devices.Devices.Count, "device")}; give one for each device of --device.");
            this.shares = shares is [] ? null : shares;
            // A device that was asked for by name, or for what it alone can do, has no substitute.
            if (device == "auto" && Device.Kind != DeviceKind.Simd && precision is not (Precision.Tf32 or Precision.Fp16)) spare = () => TakeOver(Kernels.Devices.OpenGroup("cpu", threads, exact));
            (Weights, WeightsWord, notice) = finding.GetAwaiter().GetResult();
            var found = Weights;
            hash = new(found.Hash);
        }
        catch
        {
            Devices?.Dispose();
            Array.ForEach(signals, s => s.Dispose());
            interrupt.Cancel();
            // Whatever comes of the search, nobody asks any more; its token goes when it has ended.
            finding.ContinueWith(ended =>
            {
                _ = ended.Exception;
                interrupt.Dispose();
            }, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>Where to compute; others after a GPU that <c>auto</c> had taken has failed.</summary>
    public DeviceGroup Devices { get; private set; }

    /// <summary>The first device, or the only one.</summary>
    public Device Device => Devices.First;

    public VggWeights Weights { get; private set; }

    /// <summary>What <c>--weights</c> finds them again by.</summary>
    public string WeightsWord { get; }

    /// <summary>The hash of the weights as they were found, before any normalisation.</summary>
    public string WeightsHash => hash.Value;

    /// <summary>Whether the weights are the built-in network's, not trained ones.</summary>
    public bool BuiltIn => WeightsWord == WeightStore.BuiltIn;

    /// <summary>Requested by Ctrl-C; a second Ctrl-C ends the process.</summary>
    public CancellationToken Interrupt => interrupt.Token;

    /// <summary>
    /// Once nothing can be refused any more: says in a line each if a device was passed over, and if the built-in network stands in for the
    /// real one.
    /// </summary>
    public void Begin()
    {
        foreach (var device in Devices.Devices)
            if (device.Notice is { } passedOver) Terminal.Say(passedOver);
        if (notice is not null) Terminal.Say(notice);
    }

    /// <summary>
    /// A run here that says what goes otherwise than planned, and that goes on on the host's cores if a GPU that <c>auto</c> had taken
    /// fails.
    /// </summary>
    /// <param name="settings">Fitted to the devices.</param>
    /// <param name="original">As asked for.</param>
    /// <param name="limit">The most memory to use of a device, if that is said.</param>
    public StyleTransfer Transfer(TransferSettings settings, TransferSettings original, long? limit) => new(Devices, Weights, settings,
        Terminal.Say, spare, original, limit);

    /// <summary>Replaces the weights by the same with mean activation 1 over these pictures, as deep as the objective needs.</summary>
    public void Normalise(TransferSettings run, IEnumerable<PictureSource> pictures) =>
        Weights = ActivationMeans.Normalise(Device, Weights, run.Objective.Pooling, run.Objective.Deepest(), run.Objective.PixelScale,
            pictures.Select(picture => picture.Upload(Device)), "normalised over the run's pictures", run.BlockSize, Interrupt);

    /// <summary>
    /// How fast several devices are against each other, as <c>--shares</c> says or as measured, once; null for a device alone.
    /// </summary>
    public IReadOnlyList<double>? Shares(ObjectiveSettings objective)
    {
        if (Devices.Devices.Count == 1) return null;
        return shares ?? (measured ??= Measured());

        double[] Measured()
        {
            using var networks = new NetworkGroup(Devices, Weights, objective);
            double fastest = networks.Speeds.Max();
            return [.. networks.Speeds.Select(s => Math.Max(1e-6, Math.Round(s / fastest, 3)))];
        }
    }

    public void Dispose()
    {
        Array.ForEach(signals, s => s.Dispose());
        interrupt.Dispose();
        failed?.Dispose();
        Devices.Dispose();
    }

    DeviceGroup TakeOver(DeviceGroup others)
    {
        (failed, Devices) = (Devices, others);
        return others;
    }

    static string Counted(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>Nothing is downloaded, and nothing said, before the device is known to be usable.</summary>
    static (VggWeights Weights, string Word, string? Notice) FindWeights(string? requested, bool download, Task opening, CancellationToken cancellation)
    {
        using var progress = new DownloadBar();
        var store = new WeightStore(new WeightStoreOptions
        {
            Offline = !download,
            Announce = line =>
            {
                opening.GetAwaiter().GetResult();
                Terminal.Say(line);
            },
        });
        var found = store.ResolveAsync(requested, progress, cancellation).GetAwaiter().GetResult();
        if (found.Path is not { } path) return (BuiltInNetwork.Create(), WeightStore.BuiltIn, found.Notice);
        return (WeightFile.Load(path), found.Origin is WeightOrigin.Cache or WeightOrigin.Download ? Path.GetFileName(path) : path, found.Notice);
    }
}
