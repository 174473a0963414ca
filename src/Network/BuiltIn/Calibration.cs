using System.Numerics;
using System.Runtime.CompilerServices;

namespace GpuStyle.Network;

/// <summary>
/// Runs the built-in network's channels on a small periodic picture, to learn how strongly each answers. Sums run in one
/// order and the vector loop multiplies and adds element by element without fusing: the bits do not depend on the machine.
/// </summary>
internal static class Calibration
{
    /// <summary>
    /// Scales channels so that each has standard deviation 1 before the ReLU (inherited ones keep their size), and returns
    /// their outputs. A positive and a negative carrier see the same values and get the same scale.
    /// </summary>
    public static PeriodicMap[] Standardise(FilterChannel[] channels, PeriodicMap[] inputs)
    {
        var outputs = new PeriodicMap[channels.Length];
        Parallel.For(0, channels.Length, k =>
        {
            var map = new PeriodicMap(inputs[0].Side);
            foreach (var term in channels[k].Terms) Accumulate(inputs[term.Input], term.Kernel, map);
            if (channels[k].Role != FilterRole.Inherited) channels[k].Scale = (float)(1 / Deviation(map));
            Rectify(map, channels[k].Scale);
            outputs[k] = map;
        });
        return outputs;
    }

    /// <summary>2x2 means.</summary>
    public static PeriodicMap[] Pool(PeriodicMap[] maps) => [.. maps.Select(map =>
    {
        var pooled = new PeriodicMap(map.Side / 2);
        for (int y = 0; y < pooled.Side; y++)
        {
            Span<float> upper = map.Row(2 * y), lower = map.Row(2 * y + 1), row = pooled.Row(y);
            for (int x = 0; x < row.Length; x++)
                row[x] = .25f * (upper[2 * x] + upper[2 * x + 1] + (lower[2 * x] + lower[2 * x + 1]));
        }
        pooled.Wrap();
        return pooled;
    })];

    /// <summary>Adds a 3x3 convolution of the input.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Accumulate(PeriodicMap input, float[] kernel, PeriodicMap output)
    {
        int side = input.Side;
        for (int i = 0; i < 9; i++)
        {
            float factor = kernel[i];
            if (factor == 0) continue;
            for (int y = 0; y < side; y++)
            {
                var source = input.Shifted(y, i / 3 - 1, i % 3 - 1);
                var target = output.Row(y);
                int x = 0;
                for (; x <= side - Vector<float>.Count; x += Vector<float>.Count)
                {
                    var sum = new Vector<float>(target[x..]) + new Vector<float>(source[x..]) * factor;
                    sum.CopyTo(target[x..]);
                }
                for (; x < side; x++) target[x] += source[x] * factor;
            }
        }
    }

    static double Deviation(PeriodicMap map)
    {
        double sum = 0, squares = 0;
        for (int y = 0; y < map.Side; y++)
            foreach (float value in map.Row(y))
            {
                sum += value;
                squares += (double)value * value;
            }
        double count = (double)map.Side * map.Side;
        return Math.Sqrt(Math.Max(1e-12, squares / count - sum / count * (sum / count)));
    }

    static void Rectify(PeriodicMap map, float scale)
    {
        for (int y = 0; y < map.Side; y++)
        {
            var row = map.Row(y);
            for (int x = 0; x < row.Length; x++) row[x] = row[x] > 0 ? row[x] * scale : 0;
        }
        map.Wrap();
    }
}

/// <summary>A square map with a border of one that repeats the far side.</summary>
internal sealed class PeriodicMap(int side)
{
    readonly float[] values = new float[(side + 2) * (side + 2)];

    /// <summary>Width and height.</summary>
    public int Side => side;

    /// <summary>A row, without its border.</summary>
    public Span<float> Row(int y) => values.AsSpan((y + 1) * (side + 2) + 1, side);

    /// <summary>The neighbours of a row at an offset of at most 1 each way.</summary>
    public ReadOnlySpan<float> Shifted(int y, int dy, int dx) => values.AsSpan((y + 1 + dy) * (side + 2) + 1 + dx, side);

    /// <summary>Fills the border in.</summary>
    public void Wrap()
    {
        for (int y = 0; y < side; y++)
        {
            var row = values.AsSpan((y + 1) * (side + 2), side + 2);
            (row[0], row[^1]) = (row[^2], row[1]);
        }
        int width = side + 2;
        values.AsSpan(side * width, width).CopyTo(values);
        values.AsSpan(width, width).CopyTo(values.AsSpan((side + 1) * width));
    }
}
