namespace GpuStyle.Network;

/// <summary>
/// A device's part of a picture that several share: from one position to another, [From, To), along the picture's longer side, over its whole
/// shorter side. It begins and ends where blocks may, at positions of the deepest layer, in pixels.
/// </summary>
public readonly record struct Band(int From, int To)
{
    /// <summary>Whether the device is left out.</summary>
    public bool IsEmpty => From == To;

    /// <summary>
    /// Deals a picture out so that all end at nearly the same time: each unit goes to the device that will be done with it first. A device computes its band's
    /// margins too; one so slow that they alone would take it too long gets nothing, and if one device is faster alone it gets all.
    /// </summary>
    /// <param name="deepest">The last layer that will be used.</param>
    /// <param name="height">The picture's height.</param>
    /// <param name="width">The picture's width.</param>
    /// <param name="speeds">The devices' speeds against each other, above 0.</param>
    /// <returns>A band for each device, in their order.</returns>
    public static IReadOnlyList<Band> Deal(VggLayer deepest, int height, int width, IReadOnlyList<double> speeds)
    {
        int length = Math.Max(height, width), unit = deepest.Stride, units = Math.Max(1, length / unit);
        double margin = PictureBlock.Margin(deepest) / (double)unit;
        var dealt = new int[speeds.Count];
        int fastest = Best(i => 1 / speeds[i]);
        for (int u = 0; u < units; u++) dealt[Best(i => Time(i, dealt[i] + 1))]++;
        if (units / speeds[fastest] <= dealt.Select((count, i) => count == 0 ? 0 : Time(i, count)).Max())
        {
            Array.Clear(dealt);
            dealt[fastest] = units;
        }
        var bands = new Band[dealt.Length];
        int last = Array.FindLastIndex(dealt, count => count > 0), from = 0;
        for (int i = 0; i < bands.Length; i++)
        {
            // What is left of a unit at the picture's end belongs to the last band.
            int to = i == last ? length : from + dealt[i] * unit;
            bands[i] = new(from, to);
            from = to;
        }
        return bands;

        double Time(int device, int count) => (count + margin) / speeds[device];
        int Best(Func<int, double> time) => Enumerable.Range(0, speeds.Count).MinBy(time);
    }
}
