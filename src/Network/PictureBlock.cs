using GpuStyle.Kernels;

namespace GpuStyle.Network;

/// <summary>A block at one resolution of the network, after a number of poolings.</summary>
/// <param name="Window">What is computed, in positions of the whole map at this resolution; of one that wraps around it may begin and end outside.</param>
/// <param name="Owned">The part of the window whose features are this block's and no other's, counted from the window's corner.</param>
public readonly record struct BlockLevel(Region Window, Region Owned);

/// <summary>
/// A part of a picture that the network can be run on by itself. Every position of every layer is owned by one block. Around what it
/// owns a block computes a margin: what the owned features of deeper layers see, 70 px for conv5_1. Where the margin would leave
/// the picture there is none, and zero padding pads as it does in the whole picture; elsewhere padding spoils the margin's rim, layer by
/// layer, but never what is owned. The owned features' gradient reaches as far as the margin and no further, so that
/// the blocks' gradients add up to the whole picture's. A block of a picture that wraps around has its margin on all sides, of the picture's
/// repetition where it leaves the picture: no padding reaches what is owned.
/// </summary>
/// <param name="Levels">The picture itself, then each pooled resolution.</param>
/// <param name="Wraps">Whether the picture wraps around.</param>
public sealed record PictureBlock(IReadOnlyList<BlockLevel> Levels, bool Wraps = false)
{
    /// <summary>The part of the picture that the block reads.</summary>
    public Region Window => Levels[0].Window;

    /// <summary>The shape of a number of channels after a number of poolings.</summary>
    public Shape Shape(int channels, int pools) => new(channels, Levels[pools].Window.Height, Levels[pools].Window.Width);

    /// <summary>Where, in the pooled map of one resolution's window, the next resolution's window begins.</summary>
    internal Corner PooledCorner(int pools)
    {
        Region from = Levels[pools].Window, to = Levels[pools + 1].Window;
        return new(to.Top - from.Top / 2, to.Left - from.Left / 2);
    }

    /// <summary>Cuts a picture into blocks for the network up to a layer.</summary>
    /// <param name="deepest">The last layer that will be used.</param>
    /// <param name="height">The picture's height.</param>
    /// <param name="width">The picture's width.</param>
    /// <param name="side">The most that a block owns on a side, in pixels, rounded up to whole positions of the deepest layer (up to one more for a last one that would own none); 0: one block for the whole picture.</param>
    /// <param name="band">The part of the picture to cut, if not the whole; not empty.</param>
    /// <param name="wrap">Whether the picture wraps around.</param>
    /// <exception cref="RequestException">It is to wrap around, and pooling leaves a part of it over.</exception>
    public static IReadOnlyList<PictureBlock> Cut(VggLayer deepest, int height, int width, int side, Band? band = null, bool wrap = false)
    {
        if (wrap && (height % deepest.Stride != 0 || width % deepest.Stride != 0))
            throw new RequestException($"A picture of {width}x{height} cannot wrap around for {deepest.Relu}; "
                + $"use sides that are multiples of {deepest.Stride} px.");
        int[] margins = Margins(deepest);
        var part = band ?? new(0, Math.Max(height, width));
        bool down = height >= width;
        var columns = Spans(margins, width, side, down ? new(0, width) : part, wrap);
        return [.. Spans(margins, height, side, down ? part : new(0, height), wrap).SelectMany(row => columns.Select(column => new PictureBlock([.. row.Zip(column, Cross)], wrap)))];
    }

    /// <summary>How far a block reaches beyond what it owns, in pixels.</summary>
    internal static int Margin(VggLayer deepest) => Margins(deepest)[0];

    /// <summary>
    /// How far a window reaches beyond what is owned, at each resolution: far enough for the convolutions there, each of which sees one
    /// position further, and for the next resolution's window. Even wherever a pooling follows, so that windows begin where pooling does.
    /// </summary>
    static int[] Margins(VggLayer deepest)
    {
        var margins = new int[deepest.PoolsBefore + 1];
        for (int pools = deepest.PoolsBefore, next = 0; pools >= 0; pools--)
        {
            int convolutions = Vgg19.Layers.Count(l => l.PoolsBefore == pools && l.Index <= deepest.Index);
            margins[pools] = next = 2 * next + convolutions;
        }
        return margins;
    }

    /// <summary>One direction's spans at every resolution, for each block of a part of it.</summary>
    static List<Span[]> Spans(int[] margins, int length, int side, Band part, bool wrap)
    {
        int own = part.To - part.From, unit = 1 << (margins.Length - 1), units = (own + unit - 1) / unit, most = (side + unit - 1) / unit;
        // The last block has a whole unit at least, so that it owns a position of the deepest layer.
        int count = side <= 0 ? 1 : Math.Clamp((units + most - 1) / most, 1, Math.Max(1, own / unit));
        var blocks = new List<Span[]>();
        for (int i = 0; i < count; i++)
        {
            int from = part.From + (int)((long)units * i / count) * unit, to = i + 1 == count ? part.To : part.From + (int)((long)units * (i + 1) / count) * unit;
            blocks.Add([.. margins.Select((margin, pools) => new Span(from >> pools, to >> pools, margin, length >> pools, wrap))]);
        }
        return blocks;
    }

    static BlockLevel Cross(Span y, Span x) => new(
        new(y.Start, x.Start, y.End - y.Start, x.End - x.Start),
        new(y.From - y.Start, x.From - x.Start, y.To - y.From, x.To - x.From));

    /// <summary>What is owned in one direction, [From, To), and with its margin, [Start, End), inside a map of some length unless that wraps around.</summary>
    readonly record struct Span(int From, int To, int Margin, int Length, bool Wrap)
    {
        public int Start => Wrap ? From - Margin : Math.Max(0, From - Margin);
        public int End => Wrap ? To + Margin : Math.Min(Length, To + Margin);
    }
}
