using System.Diagnostics;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>The pictures of a run. Content sets the size of the result; a run without content names it.</summary>
/// <param name="Height">Height of the result.</param>
/// <param name="Width">Width of the result.</param>
/// <param name="Content">The photograph, at the result's size; null for texture synthesis.</param>
/// <param name="Styles">The paintings; none for reconstruction.</param>
/// <param name="Init">The picture to start from, if the settings say so.</param>
public sealed record TransferPictures(int Height, int Width, PictureSource? Content, IReadOnlyList<PictureSource> Styles, PictureSource? Init = null);

/// <summary>
/// A whole run: the picture is optimised at each size of the pyramid in turn, starting from the enlarged result of the size
/// before. The optimiser starts afresh at each size (docs/decisions/pyramid.md).
/// </summary>
public sealed class StyleTransfer(Device device, VggWeights weights, TransferSettings settings)
{
    /// <summary>Runs to the end, or until <paramref name="cancellation"/> is requested, between two iterations.</summary>
    /// <param name="pictures">What to work on.</param>
    /// <param name="progress">Called on this thread after each iteration.</param>
    /// <param name="cancellation">Stops the run; the result is the picture so far.</param>
    public TransferResult Run(TransferPictures pictures, Action<Iterate>? progress = null, CancellationToken cancellation = default)
    {
        var levels = Pyramid.Levels(pictures.Height, pictures.Width, settings.Scales, settings.Optimizer.Iterations);
        using var network = new FeatureNetwork(device, weights, settings.Objective.Pooling, settings.Objective.Deepest(), settings.Objective.PixelScale);
        var clock = new RunClock(levels);
        Tensor? picture = null;
        try
        {
            foreach (var level in levels)
            {
                picture = Next(picture, level, pictures);
                bool diverged = RunLevel(network, pictures, level, picture, clock, progress, cancellation);
                if (diverged || cancellation.IsCancellationRequested) return Finish(pictures, picture, clock.Last, !diverged, diverged);
            }
            return Finish(pictures, picture!, clock.Last, interrupted: false, diverged: false);
        }
        finally
        {
            picture?.Dispose();
        }
    }

    /// <summary>Pictures that a run holds beside its optimiser: the result, and two to fall back on.</summary>
    internal const int OwnPictures = 3;

    /// <summary>No picture that anyone wants to see has a value beyond this, in units of 0..255; one that has was thrown there by its last step.</summary>
    const float Absurd = 1e6f;

    /// <summary>Pairs that L-BFGS remembers at a size: no more than it can make there.</summary>
    internal static int History(OptimizerSettings optimizer, PyramidLevel level) => Math.Clamp(optimizer.History, 1, level.Iterations);

    /// <summary>Optimises one size in place. Returns whether the loss stopped being finite; the picture is then the best before.</summary>
    bool RunLevel(FeatureNetwork network, TransferPictures pictures, PyramidLevel level, Tensor picture, RunClock clock, Action<Iterate>? progress, CancellationToken cancellation)
    {
        int history = History(settings.Optimizer, level);
        int extraSums = settings.Optimizer.Kind == OptimizerKind.Lbfgs ? Lbfgs.SumCount(history) : Adam.SumCount;
        using var objective = Objective(network, pictures, level, extraSums);
        using IOptimizer optimizer = settings.Optimizer.Kind == OptimizerKind.Lbfgs
            ? new Lbfgs(objective, picture, settings.Optimizer, history)
            : new Adam(objective, picture, settings.Optimizer.AdamLearningRate);
        using var before = device.Allocate(picture.Shape);
        using var best = device.Allocate(picture.Shape);
        double lowest = double.PositiveInfinity;
        device.Vectors.Copy(picture, best);
        for (int i = 0; i < level.Iterations && !cancellation.IsCancellationRequested; i++)
        {
            device.Vectors.Copy(picture, before);
            var losses = optimizer.Step();
            if (!losses.IsFinite) return FallBack();
            if (losses.Total < lowest)
            {
                lowest = losses.Total;
                device.Vectors.Copy(before, best);
            }
            clock.Count(level, losses, () => device.Download(picture));
            progress?.Invoke(clock.Last!);
        }
        // No evaluation follows the last step.
        return !Array.TrueForAll(device.Download(picture), v => Math.Abs(v) < Absurd) && FallBack();

        bool FallBack()
        {
            device.Vectors.Copy(best, picture);
            return true;
        }
    }

    /// <summary>The objective at a size. The pictures that its targets come from do not outlive this.</summary>
    Objective Objective(FeatureNetwork network, TransferPictures pictures, PyramidLevel level, int extraSums)
    {
        using var content = Upload(settings.Objective.ContentLayers.Count > 0 ? pictures.Content : null, level.Height, level.Width);
        using var styles = new TensorList(settings.Objective.StyleLayers.Count > 0 ? pictures.Styles.Select(p => StyleAt(p, level)) : []);
        return new(network, settings.Objective, content, styles, level.Height, level.Width, extraSums, settings.BlockSize);
    }

    Tensor Next(Tensor? coarser, PyramidLevel level, TransferPictures pictures)
    {
        var shape = new Shape(3, level.Height, level.Width);
        if (coarser is null)
            return device.Allocate(shape, settings.Init switch
            {
                InitKind.Content => (pictures.Content ?? throw new ArgumentException("There is no content picture to start from; start from noise.")).AtSize(level.Height, level.Width),
                InitKind.Style => (pictures.Styles is [var style, ..] ? style : throw new ArgumentException("There is no style picture to start from; start from noise.")).AtSize(level.Height, level.Width),
                InitKind.Picture => (pictures.Init ?? throw new ArgumentException("The settings start from a picture, but none is given.")).AtSize(level.Height, level.Width),
                _ => InitialPicture.Noise(shape, settings.Seed, settings.NoiseDeviation),
            });
        var finer = device.Allocate(shape);
        device.Resampling.Resize(coarser, finer);
        coarser.Dispose();
        return finer;
    }

    TransferResult Finish(TransferPictures pictures, Tensor picture, Iterate? last, bool interrupted, bool diverged)
    {
        var final = picture.Shape with { Height = pictures.Height, Width = pictures.Width };
        if (picture.Shape == final) return new(final.Width, final.Height, device.Download(picture), last, interrupted, diverged);
        using var enlarged = device.Allocate(final);
        device.Resampling.Resize(picture, enlarged);
        return new(final.Width, final.Height, device.Download(enlarged), last, interrupted, diverged);
    }

    Tensor? Upload(PictureSource? source, int height, int width) =>
        source is null ? null : device.Allocate(new(3, height, width), source.AtSize(height, width));

    Tensor StyleAt(PictureSource style, PyramidLevel level)
    {
        var (height, width) = StyleSize(style.Height, style.Width, level);
        return Upload(style, height, width)!;
    }

    /// <summary>A style picture's size at a level: it shrinks with the result, but not below what the network needs.</summary>
    internal static (int Height, int Width) StyleSize(int height, int width, PyramidLevel level)
    {
        int Side(int side) => Math.Max(Vgg19.MinimumSide, Pyramid.Scaled(side, level.Divisor));
        return (Side(height), Side(width));
    }
}

/// <summary>Tensors that are freed together.</summary>
internal sealed class TensorList(IEnumerable<Tensor> tensors) : List<Tensor>(tensors), IDisposable
{
    public void Dispose() => ForEach(t => t.Dispose());
}

/// <summary>Counts a run's iterations, work and time.</summary>
internal sealed class RunClock(IReadOnlyList<PyramidLevel> levels)
{
    readonly Stopwatch watch = Stopwatch.StartNew();
    readonly double work = levels.Sum(Cost);
    readonly int iterations = levels.Sum(l => l.Iterations);
    double done;

    /// <summary>The last iteration counted.</summary>
    public Iterate? Last { get; private set; }

    /// <summary>One more iteration is done.</summary>
    public void Count(PyramidLevel level, Losses losses, Func<float[]> picture)
    {
        done += Cost(level) / level.Iterations;
        int scale = 1 + levels.ToList().IndexOf(level);
        Last = new((Last?.Iteration ?? 0) + 1, iterations, scale, levels.Count, level.Width, level.Height, losses, watch.Elapsed.TotalSeconds, done / work, picture);
    }

    static double Cost(PyramidLevel level) => (double)level.Height * level.Width * level.Iterations;
}
