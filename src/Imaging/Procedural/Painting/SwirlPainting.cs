namespace GpuStyle.Imaging.Procedural;

/// <summary>The painting: a thin ground, then four coats of brush strokes along a field of eddies, each coat finer.</summary>
static class SwirlPainting
{
    static readonly (float Spacing, float Length, float Width)[] Coats = [(0.050f, 0.24f, 0.034f), (0.034f, 0.17f, 0.021f), (0.026f, 0.13f, 0.0145f), (0.030f, 0.085f, 0.0095f)];

    public static Canvas Paint(Canvas canvas)
    {
        var field = new FlowField(canvas.Aspect);
        canvas.ForEach((column, row, x, y) => canvas[column, row] = Palette.At(field, x, y, 0, 0) * 0.8f);
        var brush = new Brush(canvas);
        for (int coat = 0; coat < Coats.Length; coat++)
        {
            var (spacing, length, width) = Coats[coat];
            int columns = (int)(canvas.Aspect / spacing) + 4, rows = (int)(1 / spacing) + 4, count = columns * rows;
            // A stride that has no factor in common with the count visits every place once, in no visible order.
            int stride = (int)(count * 0.618f);
            while (Divisor(stride, count) != 1) stride++;
            for (int k = 0, i = 0; k < count; k++, i = (i + stride) % count)
            {
                float x = (i % columns - 1.5f + Noise.Hash(i, 0, 211 + coat)) * spacing, y = (i / columns - 1.5f + Noise.Hash(i, 1, 211 + coat)) * spacing;
                brush.Stroke(field, x, y, length * (0.6f + 0.8f * Noise.Hash(i, 2, 211 + coat)), width * (0.75f + 0.5f * Noise.Hash(i, 3, 211 + coat)), Palette.At(field, x, y, i, coat), i + 7919 * coat);
            }
        }
        return canvas;
    }

    static int Divisor(int a, int b) => b == 0 ? a : Divisor(b, a % b);
}
