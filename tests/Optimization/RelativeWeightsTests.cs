using GpuStyle.Kernels;
using GpuStyle.Optimization;
using GpuStyle.Tests.Golden;

namespace GpuStyle.Tests.Optimization;

/// <summary>Weights of losses that are measured by what they are of the photograph and of the painting.</summary>
public sealed class RelativeWeightsTests
{
    static readonly Shape Size = new(3, 32, 40);

    static readonly ObjectiveSettings Settings = new()
    {
        RelativeWeights = true,
        ContentWeight = 3,
        StyleWeight = 2,
        TvWeight = 0.5,
        ContentLayers = [new("relu3_1", 2), new("relu2_2", 1)],
        StyleLayers = [new("relu1_1", 1), new("relu2_1", 3)],
    };

    /// <summary>
    /// The photograph has all of the style loss and nothing of the content loss, the painting, stretched, all of content and variation. In
    /// float64, but for pictures that are resampled in float32.
    /// </summary>
    [Theory]
    [InlineData(StyleLossKind.Gram, StyleForm.Paper, ContentForm.HalfSum, false)]
    [InlineData(StyleLossKind.Gram, StyleForm.MeanOfNormalised, ContentForm.Mean, true)]
    [InlineData(StyleLossKind.GramMoments, StyleForm.Paper, ContentForm.HalfSumOverRoot, true)]
    [InlineData(StyleLossKind.Covariance, StyleForm.MeanOfNormalised, ContentForm.Relative, false)]
    [InlineData(StyleLossKind.Wasserstein, StyleForm.Paper, ContentForm.Mean, true)]
    [InlineData(StyleLossKind.Neighbors, StyleForm.Paper, ContentForm.Mean, true)]
    public void Terms_are_one_where_nothing_is_left_of_a_picture(StyleLossKind kind, StyleForm style, ContentForm content, bool mean)
    {
        using var device = new ReferenceDevice();
        var settings = Settings with { StyleLoss = kind, StyleForm = style, ContentForm = content, TvIsMean = mean };
        using var networks = new NetworkGroup(new(device), OwnGolden.Weights, settings);
        var weighted = Weighted(networks, settings);
        Assert.False(weighted.RelativeWeights);
        var photograph = Losses(networks, weighted, Photograph.AtSize(Size.Height, Size.Width));
        var painting = Losses(networks, weighted, Painting.AtSize(Size.Height, Size.Width));
        Assert.Equal(1, photograph.Style, 1e-6);
        Assert.Equal(0, photograph.Content, 1e-12);
        Assert.Equal(1, painting.Content, 1e-6);
        Assert.Equal(settings.TvWeight, weighted.TvWeight * painting.Tv, 1e-6);
        Assert.Equal(2 * photograph.Style + weighted.TvWeight * photograph.Tv, photograph.Total, 1e-6);
        Assert.Equal(settings.StyleLayers[1].Weight / 4, weighted.StyleLayers[1].Weight * photograph.StyleLayers[1], 1e-6);
    }

    /// <summary>A painting that has no share of the style has none of the measure either.</summary>
    [Fact]
    public void Paintings_count_by_their_shares()
    {
        using var device = new ReferenceDevice();
        var settings = Settings with { StyleBlend = [1, 0] };
        using var networks = new NetworkGroup(new(device), OwnGolden.Weights, settings);
        var other = new PictureSource(20, 44, (h, w) => OwnGolden.Pixels(new(3, h, w), 13));
        using var objective = networks.Objective(new(Photograph), [new(Painting), new(other)], Size.Height, Size.Width);
        var both = objective.Settings;
        var one = Weighted(networks, settings with { StyleBlend = null });
        Assert.Equal(one.StyleLayers, both.StyleLayers);
        Assert.Equal((one.ContentLayers[0], one.TvWeight), (both.ContentLayers[0], both.TvWeight));
    }

    /// <summary>
    /// On two devices, in blocks, with pixels that are kept, for pictures without color: the weights are those of the whole
    /// picture on one device, but for the order of float64 sums over float32 features.
    /// </summary>
    [Theory]
    [InlineData("two devices")]
    [InlineData("blocks")]
    [InlineData("kept")]
    public void Weights_do_not_depend_on_how_a_picture_is_evaluated(string how)
    {
        using var devices = new DeviceGroup(how == "two devices" ? [new SimdDevice(1), new SimdDevice(1)] : [new SimdDevice(1)], 1);
        using var networks = new NetworkGroup(devices, OwnGolden.Weights, Settings, how == "two devices" ? [1, 1] : null);
        var guidance = how == "kept"
            ? Guidance.Everywhere(Settings, 1) with { Kept = new((h, w) => [.. Enumerable.Range(0, h * w).Select(i => i % 2f)]) }
            : null;
        using var objective = networks.Objective(new(Photograph), [new(Painting)], Size.Height, Size.Width,
            blockSize: how == "blocks" ? 16 : 0, guidance: guidance);
        using var device = new SimdDevice(1);
        using var one = new NetworkGroup(new(device), OwnGolden.Weights, Settings);
        var expected = Weighted(one, Settings);
        double[] Weights(ObjectiveSettings of) => [.. of.ContentLayers.Concat(of.StyleLayers).Select(l => l.Weight), of.TvWeight];
        foreach (var (weight, its) in Weights(objective.Settings).Zip(Weights(expected))) Assert.Equal(1, weight / its, 1e-5);
        // What is minimized from then on has them: the photograph has all of the style loss.
        using Tensor x = networks.Home.Allocate(Size, Photograph.AtSize(Size.Height, Size.Width)), gradient = networks.Home.Allocate(Size);
        objective.Evaluate(x, gradient);
        if (how != "kept") Assert.Equal(1, objective.ReadLosses().Style, 1e-5);
    }

    [Fact]
    public void Losses_that_are_cosines_stay_as_they_are()
    {
        using var device = new ReferenceDevice();
        var settings = Settings with { StyleLoss = StyleLossKind.Neighbors, ContentForm = ContentForm.Cosine, TvWeight = 0 };
        using var networks = new NetworkGroup(new(device), OwnGolden.Weights, settings);
        Assert.Same(settings, Weighted(networks, settings));
        // The variation is measured beside them.
        var smooth = Weighted(networks, settings with { TvWeight = 2 });
        Assert.Equal((settings.StyleLayers, settings.ContentLayers), (smooth.StyleLayers, smooth.ContentLayers));
        Assert.Equal(2, smooth.TvWeight * Losses(networks, Settings, Painting.AtSize(Size.Height, Size.Width)).Tv, 1e-6);
    }

    /// <summary>Photograph and painting are one picture, or of one color, or there is only one of them: weights are numbers above 0.</summary>
    [Theory]
    [InlineData("same")]
    [InlineData("flat")]
    [InlineData("no photograph")]
    [InlineData("no painting")]
    public void Weights_are_numbers(string what)
    {
        using var device = new ReferenceDevice();
        var settings = what switch
        {
            "no photograph" => Settings with { ContentLayers = [] },
            "no painting" => Settings with { StyleLayers = [] },
            _ => Settings,
        };
        using var networks = new NetworkGroup(new(device), OwnGolden.Weights, settings);
        var flat = new PictureSource(Size.Height, Size.Width, (h, w) => [.. Enumerable.Repeat(90f, 3 * h * w)]);
        var weighted = what switch
        {
            "same" => Weighted(networks, settings, Photograph, Photograph),
            "flat" => Weighted(networks, settings, flat, flat),
            "no photograph" => Weighted(networks, settings, null, Painting),
            _ => Weighted(networks, settings, Photograph, null),
        };
        Assert.All(weighted.ContentLayers.Concat(weighted.StyleLayers).Select(l => l.Weight).Append(weighted.TvWeight),
            w => Assert.True(double.IsFinite(w) && w > 0, $"{w}"));
    }

    /// <summary>
    /// A run minimizes the same function whatever the losses' form. Pictures differ by float32's rounding, which eight steps may multiply,
    /// and by no more than a twentieth of a level.
    /// </summary>
    [Fact]
    public void Runs_do_not_depend_on_the_form_of_losses()
    {
        float[] Run(StyleForm style, ContentForm content, bool mean)
        {
            using var device = new SimdDevice(1);
            var preset = TransferSettings.Of(Presets.Find("gram"));
            var settings = preset with
            {
                Objective = Settings with { StyleForm = style, ContentForm = content, TvIsMean = mean },
                Optimizer = preset.Optimizer with { Iterations = 4, PackedHistory = false },
                Scales = 2,
            };
            using var result = new StyleTransfer(device, OwnGolden.Weights, settings).Run(
                new(2 * Size.Height, 2 * Size.Width, Photograph, [Painting]), cancellation: TestContext.Current.CancellationToken);
            return result.Rgb;
        }
        float[] one = Run(StyleForm.Paper, ContentForm.HalfSum, false), other = Run(StyleForm.MeanOfNormalised, ContentForm.Mean, true);
        Assert.InRange(one.Zip(other, (a, b) => Math.Abs(a - b)).Max(), 0, 0.05);
        Assert.NotEqual(Photograph.AtSize(2 * Size.Height, 2 * Size.Width), one);
    }

    static PictureSource Photograph { get; } = new(Size.Height, Size.Width, (h, w) => OwnGolden.Pixels(new(3, h, w), 1));

    static PictureSource Painting { get; } = new(36, 32, (h, w) => OwnGolden.Pixels(new(3, h, w), 7));

    static ObjectiveSettings Weighted(NetworkGroup networks, ObjectiveSettings settings) => Weighted(networks, settings, Photograph, Painting);

    static ObjectiveSettings Weighted(NetworkGroup networks, ObjectiveSettings settings, PictureSource? photograph, PictureSource? painting)
    {
        using var objective = Make(networks, settings, photograph, painting);
        return objective.Settings;
    }

    static IStyleObjective Make(NetworkGroup networks, ObjectiveSettings settings, PictureSource? photograph, PictureSource? painting) =>
        networks.Objective(photograph is null ? null : new(photograph), painting is null ? [] : [new(painting)],
            Size.Height, Size.Width, stage: settings);

    static Losses Losses(NetworkGroup networks, ObjectiveSettings settings, float[] picture)
    {
        using var objective = Make(networks, settings, Photograph, Painting);
        using Tensor x = networks.Home.Allocate(Size, picture), gradient = networks.Home.Allocate(Size);
        objective.Evaluate(x, gradient);
        return objective.ReadLosses();
    }
}
