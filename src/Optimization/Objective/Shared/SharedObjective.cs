using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>
/// An objective whose picture is shared between devices, each of which evaluates the blocks of its band (<see cref="Band"/>); or
/// one that another device evaluates than the one where the picture and the optimiser's vectors live. The picture goes to each device
/// through the host; all run their blocks at the same time; what the terms add up over blocks is summed over the devices between the two
/// passes; and the gradients come back and are added in the devices' order. Pixels are kept where the picture lives: devices are given it
/// with the content's there, and the sum of their gradients is masked. The result is that of one device but for rounding.
/// </summary>
public sealed class SharedObjective : IStyleObjective
{
    readonly AllReduce all;
    readonly Part[] parts;
    readonly Part[] remote;
    readonly double[] losses;
    readonly TensorList owned;
    readonly Tensor? sum;
    readonly KeptPixels? kept;

    /// <summary>Computes the targets and allocates everything, on every device at the same time.</summary>
    /// <param name="home">Where picture, gradient and the optimiser's vectors live; one of the devices or none of them.</param>
    /// <param name="networks">The network on each device.</param>
    /// <param name="speeds">How fast the devices are against each other; one may be so slow that it is left out.</param>
    /// <param name="settings">What to minimise.</param>
    /// <param name="content">The content picture; unused without content layers.</param>
    /// <param name="styles">The style pictures, of any size; unused without style layers.</param>
    /// <param name="height">Height of the result.</param>
    /// <param name="width">Width of the result.</param>
    /// <param name="extraSums">Slots for an optimiser's dot products.</param>
    /// <param name="blockSize">The most that a block has on a side, in pixels, its margin apart; 0: each device's band at once.</param>
    /// <param name="guidance">Which style goes where; null: all of them everywhere.</param>
    /// <param name="sought">The picture whose hypercolumns are looked for; null: the content.</param>
    public SharedObjective(Device home, IReadOnlyList<FeatureNetwork> networks, IReadOnlyList<double> speeds, ObjectiveSettings settings,
        TargetPicture? content, IReadOnlyList<TargetPicture> styles, int height, int width, int extraSums = 0, int blockSize = 0, Guidance? guidance = null, TargetPicture? sought = null)
    {
        (Device, PixelScale, Picture, Wraps) = (home, settings.PixelScale, new(3, height, width), settings.Tiles);
        int[] used = [.. Used(settings, height, width, speeds)];
        double[] usedSpeeds = [.. used.Select(i => speeds[i])];
        parts = [.. used.Select(i => new Part(networks[i], networks[i].Device == home))];
        remote = [.. parts.Where(p => !p.AtHome)];
        all = new(parts.Length);
        Sums = home.AllocateScalars(Math.Max(1, extraSums));
        owned = new(home);
        // Pixels are kept where the picture is: the devices see them in it.
        var seen = guidance is null ? null : guidance with { Kept = null };
        // Devices take pictures one after the other: their makers know nothing of threads.
        var gate = new Lock();
        TargetPicture InTurn(TargetPicture picture) => picture with
        {
            Source = picture.Source with
            {
                Read = (height, width, take) =>
                {
                    lock (gate) picture.Source.Read(height, width, take);
                },
            },
        };
        var (contentInTurn, stylesInTurn) = (content is null ? null : InTurn(content), styles.Select(InTurn).ToArray());
        var soughtInTurn = sought is null ? null : InTurn(sought);
        try
        {
            all.Run(i => parts[i].Make(settings, contentInTurn, stylesInTurn, Picture, blockSize, seen, new(all, i, usedSpeeds), soughtInTurn));
            losses = new double[parts[0].Sums.Length];
            if (parts.Length > 1) sum = owned.Allocate(Picture);
            if (guidance?.Kept is { } mask)
            {
                using var picture = content?.Source.Upload(home, height, width);
                kept = new(mask, picture, height, width, owned);
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Scalars Sums { get; }

    /// <inheritdoc/>
    public int FirstExtraSum => 0;

    /// <inheritdoc/>
    public double PixelScale { get; }

    /// <inheritdoc/>
    public Shape Picture { get; }

    /// <inheritdoc/>
    public bool Wraps { get; }

    /// <inheritdoc/>
    public Device Device { get; }

    /// <summary>Which devices have a part in a picture of this size.</summary>
    internal static IEnumerable<int> Used(ObjectiveSettings settings, int height, int width, IReadOnlyList<double> speeds)
    {
        var bands = Band.Deal(settings.Deepest(), height, width, speeds);
        return Enumerable.Range(0, bands.Count).Where(i => !bands[i].IsEmpty);
    }

    /// <inheritdoc/>
    public void Evaluate(Tensor picture, Tensor gradient)
    {
        Sums.Clear();
        picture = Shown(picture);
        foreach (var part in remote) part.Fetch(picture, Device);
        all.Run(i => parts[i].Evaluate(picture, gradient));
        AddSums();
        foreach (var part in remote)
            if (parts[0] == part && remote.Length == parts.Length) part.Return(gradient, Device);
            else
            {
                part.Return(sum!, Device);
                Device.Vectors.Combine([gradient, sum!], [1, 1], gradient);
            }
        kept?.Mask(gradient);
    }

    /// <inheritdoc/>
    public ObjectiveSettings Settings => parts[0].Settings;

    /// <inheritdoc/>
    public void Measure(Tensor picture, Tensor unused)
    {
        foreach (var part in remote) part.Fetch(picture, Device);
        all.Run(i => parts[i].Measure(picture, unused));
        AddSums();
    }

    /// <inheritdoc/>
    public void Weigh(ObjectiveSettings weighed)
    {
        foreach (var part in parts) part.Weigh(weighed);
    }

    /// <inheritdoc/>
    public int Evaluations
    {
        get => parts[0].Evaluations;
        set
        {
            foreach (var part in parts) part.Evaluations = value;
        }
    }

    /// <inheritdoc/>
    public Tensor Shown(Tensor picture) => kept is null ? picture : kept.Compose(picture);

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes => parts[0].Notes;

    /// <inheritdoc/>
    public Losses Losses(ReadOnlySpan<double> sums) => parts[0].Losses(losses);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in parts) part.Dispose();
        owned.Dispose();
        Sums.Dispose();
        all.Dispose();
    }

    /// <summary>The parts' sums, in the devices' order.</summary>
    void AddSums()
    {
        Array.Clear(losses);
        foreach (var part in parts)
            for (int i = 0; i < losses.Length; i++) losses[i] += part.Sums[i];
    }

    /// <summary>One device's objective, and copies of picture and gradient where those lie elsewhere.</summary>
    sealed class Part(FeatureNetwork network, bool atHome) : IDisposable
    {
        Objective? objective;
        Tensor? picture, gradient;
        HostBuffer? strip;

        public bool AtHome => atHome;

        /// <summary>Copies the picture here.</summary>
        public void Fetch(Tensor homePicture, Device home) => PictureStrips.Copy(home, homePicture, network.Device, picture!, strip!.Values);

        /// <summary>Copies the gradient there.</summary>
        public void Return(Tensor to, Device home) => PictureStrips.Copy(network.Device, gradient!, home, to, strip!.Values);

        /// <summary>The sums of the last evaluation.</summary>
        public double[] Sums { get; private set; } = [];

        public void Make(ObjectiveSettings settings, TargetPicture? content, IReadOnlyList<TargetPicture> styles, Shape shape, int blockSize, Guidance? guidance, ObjectiveShare share, TargetPicture? sought)
        {
            var device = network.Device;
            objective = Objectives.Make(network, settings, content, styles, shape.Height, shape.Width, 0, blockSize, guidance, share,
                sought);
            Sums = new double[objective.Sums.Count];
            if (atHome) return;
            picture = device.Allocate(shape);
            gradient = device.Allocate(shape);
            strip = device.AllocateHost(PictureStrips.ValuesOfStrip(shape));
        }

        public void Evaluate(Tensor homePicture, Tensor homeGradient)
        {
            objective!.Evaluate(picture ?? homePicture, gradient ?? homeGradient);
            objective.Sums.Read(Sums);
        }

        public ObjectiveSettings Settings => objective!.Settings;

        public void Measure(Tensor homePicture, Tensor homeUnused)
        {
            objective!.Measure(picture ?? homePicture, gradient ?? homeUnused);
            objective.Sums.Read(Sums);
        }

        public void Weigh(ObjectiveSettings weighed) => objective!.Weigh(weighed);

        public int Evaluations
        {
            get => objective!.Evaluations;
            set => objective!.Evaluations = value;
        }

        public IReadOnlyList<string> Notes => objective!.Notes;

        public Losses Losses(ReadOnlySpan<double> sums) => objective!.Losses(sums);

        public void Dispose()
        {
            objective?.Dispose();
            picture?.Dispose();
            gradient?.Dispose();
            strip?.Dispose();
        }
    }
}
