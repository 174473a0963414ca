using GpuStyle.Kernels;
using GpuStyle.Network;

namespace GpuStyle.Optimization;

/// <summary>Counts what a run will hold on one of its devices.</summary>
/// <param name="device">The device.</param>
/// <param name="settings">The run.</param>
/// <param name="guidance">Which style goes where.</param>
/// <param name="shares">How fast the devices that evaluate are against each other.</param>
/// <param name="index">Which of them this one is; below 0 if it does not evaluate.</param>
/// <param name="home">Whether the picture and the optimiser's vectors live here.</param>
/// <param name="speed">Floating-point operations per second of evaluations here.</param>
/// <param name="scratch">Takes what its engine holds for operations.</param>
internal sealed class DeviceForecast(Device device, TransferSettings settings, Guidance guidance, IReadOnlyList<double> shares, int index, bool home, double speed, ScratchForecast scratch)
{
    readonly ObjectiveSettings objective = settings.Objective;
    readonly VggLayer deepest = settings.Objective.Deepest();
    readonly bool neighbors = settings.Objective is { StyleLoss: StyleLossKind.Neighbors or StyleLossKind.Hypercolumns or StyleLossKind.Transport, StyleLayers.Count: > 0 };
    long mostForStyles;

    /// <summary>The forecast, for the run's sizes and the style pictures' heights and widths at the last of them.</summary>
    public DevicePlan Plan(IReadOnlyList<PyramidLevel> levels, IReadOnlyList<(int Height, int Width)> styles)
    {
        LevelPlan[] plans = [.. levels.Select(level => Level(level, objective.StyleLayers.Count == 0 ? [] : [.. styles.Select(s => StyleTransfer.StyleSize(s.Height, s.Width, level))]))];
        if (home)
            foreach (var (from, to) in levels.Zip(levels.Skip(1))) device.Resampling.ForecastScratch(Shape(from.Height, from.Width), Shape(to.Height, to.Width), scratch);
        return new(device.Name, plans, index < 0 ? 0 : FeatureNetwork.StorageBytes(device, deepest), mostForStyles, scratch.Bytes);
    }

    LevelPlan Level(PyramidLevel level, IReadOnlyList<(int Height, int Width)> styles)
    {
        // A device that is left out at a size has no part in its style pictures either.
        int[] used = [.. SharedObjective.Used(objective, level.Height, level.Width, shares)];
        double[] speeds = [.. used.Select(i => shares[i])];
        int part = Array.IndexOf(used, index);
        Band Own(int height, int width) => Band.Deal(deepest, height, width, speeds)[part];
        long picture = Picture(level.Height, level.Width);
        // Gradients that come from elsewhere go through a picture of their own.
        long pictures = (home ? StyleTransfer.OwnPictures(settings.Optimizer) + (used.Length > 1 ? 1 : 0) : part >= 0 ? 2 : 0) * picture;
        // Pixels are kept where the picture is.
        bool keeps = home && guidance.Kept is not null;
        var shape = Shape(level.Height, level.Width);
        long kept = keeps ? KeptPixels.StorageBytes(device, shape) : 0;
        if (home && settings.Gray)
        {
            kept += GrayObjective.StorageBytes(device, shape);
            device.Gram.ForecastScratch(shape, Region.All(shape), scratch);
        }
        long inputs = home ? picture : 0, optimizer = home ? OptimizerBytes(level) : 0;
        if (part < 0) return new(level, 0, 0, kept, inputs + (keeps ? picture : 0), optimizer, pictures, 0);

        var band = Own(level.Height, level.Width);
        if (objective.StyleLoss == StyleLossKind.Wasserstein)
            foreach (var layer in objective.StyleLayers) device.Matrices.ForecastScratch(layer.Vgg.OutputChannels, scratch);
        inputs += (keeps || Objectives.WantContent(objective, null) ? picture : 0) + styles.Sum(s => Picture(s.Height, s.Width));
        // From the second size on, what is looked for is another picture.
        if (objective.StyleLoss == StyleLossKind.Hypercolumns && level.Number > 0) inputs += picture;
        var (early, targets) = TargetBytes(level, band, leads: part == 0, styles);
        long features = PassBytes(level.Height, level.Width, band, objective.Layers, objective.Tiles);
        for (int i = 0; i < styles.Count; i++)
        {
            var (height, width) = styles[i];
            if (Own(height, width) is { IsEmpty: false } own)
                mostForStyles = Math.Max(mostForStyles, inputs + early + PassBytes(height, width, own, seeded: null)
                    + (neighbors ? (objective.Turns == StyleTurns.None ? 0 : Picture(height, width)) : StyleTerms.SumBytes(device, objective, guidance, i, PictureBlock.Cut(deepest, height, width, settings.BlockSize, own))));
        }
        double share = (band.To - band.From) / (double)Math.Max(level.Height, level.Width);
        double seconds = Objective.Flops(objective, level.Height, level.Width, settings.BlockSize, band)
            * (level.Iterations + RelativeWeights.Evaluations(objective, styles.Count)) / speed;
        return new(level, share, features, targets + kept, inputs, optimizer, pictures, seconds);
    }

    /// <summary>The network's buffers for a band of a picture; its operations' scratch is noted.</summary>
    long PassBytes(int height, int width, Band band, IEnumerable<VggLayer>? seeded, bool wrap = false)
    {
        var blocks = PictureBlock.Cut(deepest, height, width, settings.BlockSize, band, wrap);
        foreach (var levels in blocks.GroupBy(b => string.Join(';', b.Levels.Select(l => (l.Window.Height, l.Window.Width, l.Owned)))).Select(g => g.First()))
            foreach (var layer in Vgg19.Layers.Take(deepest.Index + 1))
            {
                var shape = levels.Output(layer);
                device.Convolution.ForecastScratch(layer.OutputChannels, layer.InputChannels, shape.Height, shape.Width, seeded is not null, scratch);
                if (objective.StyleLayers.Any(l => l.Vgg == layer)) device.Gram.ForecastScratch(shape, levels.Levels[layer.PoolsBefore].Owned, scratch);
            }
        return FeaturePass.StorageBytes(device, objective.Pooling, deepest, height, width, seeded, settings.BlockSize, band, wrap);
    }

    /// <summary>What terms are compared with, or need beside features: for those of the whole picture if the device <paramref name="leads"/>. And how much of it is
    /// there while the style pictures are looked at.</summary>
    (long Early, long All) TargetBytes(PyramidLevel level, Band band, bool leads, IReadOnlyList<(int Height, int Width)> styles)
    {
        var blocks = objective.Blocks(level.Height, level.Width, settings.BlockSize, band);
        var shape = Shape(level.Height, level.Width);
        long content = objective.ContentLayers.Select(l => l.Vgg).Distinct().Sum(l => blocks.Sum(b => device.StorageBytes(b.Owned(l))));
        if (objective.ContentForm == ContentForm.Cosine) content = CosineTerms.StorageBytes(device, objective, level.Height, level.Width, scratch);
        long relating = 0;
        if (objective is { ContentForm: ContentForm.SelfSimilarity, ContentLayers.Count: > 0 })
            (content, relating) = SelfSimilarityTerms.StorageBytes(device, objective, level.Height, level.Width, scratch);
        bool transport = objective.StyleLoss == StyleLossKind.Transport;
        content += !leads ? 0 : transport ? PaletteTerm.StorageBytes(device, objective, guidance, level.Height, level.Width) : ColorTerm.StorageBytes(device, objective, guidance, shape);
        var (before, after) = StyleTerms.StorageBytes(device, objective, guidance, blocks);
        if (neighbors)
        {
            long rest = StyleTerms.NormBytes(device, objective, blocks);
            if (transport) (before, after) = TransportTerms.StorageBytes(device, objective, guidance, level.Height, level.Width, styles, scratch);
            else if (objective.StyleLoss == StyleLossKind.Neighbors) before = after = NeighborTerms.StorageBytes(device, objective, guidance, level.Height, level.Width, styles, scratch);
            else (before, after) = HypercolumnTerms.StorageBytes(device, objective, guidance, level.Height, level.Width, styles, scratch);
            after += rest;
        }
        // The photograph's samples have gone when those of the style pictures come.
        return (content + Math.Max(before, relating), content + after
            + (leads && objective.TvKind == TotalVariationKind.EdgeAware ? device.StorageBytes(EdgeWeights.Shape(shape)) : 0));
    }

    long OptimizerBytes(PyramidLevel level)
    {
        var (optimizer, shape) = (settings.Optimizer, Shape(level.Height, level.Width));
        int history = StyleTransfer.History(optimizer, level);
        device.Vectors.ForecastScratch(shape, optimizer.Kind != OptimizerKind.Lbfgs ? 1 : optimizer.Preconditioned ? history + 1 : 2 * history + 1, scratch);
        return optimizer.Kind != OptimizerKind.Lbfgs ? Adam.StorageBytes(device, shape, optimizer) : Lbfgs.StorageBytes(device, shape, optimizer, history);
    }

    long Picture(int height, int width) => device.StorageBytes(Shape(height, width));

    static Shape Shape(int height, int width) => new(3, height, width);
}
