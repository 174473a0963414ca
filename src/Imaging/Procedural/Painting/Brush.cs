namespace GpuStyle.Imaging.Procedural;

/// <summary>Lays one stroke after another on a canvas: tapered, following the field, with the ridges that bristles leave.</summary>
sealed class Brush(Canvas canvas)
{
    const int Joints = 12;

    // For each pixel, the last stroke that came near and the nearest piece of it: how far along, how far across.
    readonly int[] owner = new int[canvas.Width * canvas.Height];
    readonly float[] along = new float[canvas.Width * canvas.Height], across = new float[canvas.Width * canvas.Height];
    readonly List<int> touched = [];
    int strokes;

    /// <summary>A stroke through (x, y); lengths in units of the picture's height.</summary>
    public void Stroke(FlowField field, float x, float y, float length, float width, Colour colour, int seed)
    {
        strokes++;
        touched.Clear();
        Span<(float X, float Y)> path = stackalloc (float, float)[Joints + 1];
        Trace(field, x, y, length, path);
        for (int k = 0; k < Joints; k++) Near(path[k], path[k + 1], k, width);

        foreach (int at in touched)
        {
            float s = along[at], half = 0.5f * width * Taper(s), side = across[at];
            float cover = Math.Clamp((half - MathF.Abs(side)) / canvas.Pixel + 0.5f, 0, 1);
            if (cover == 0) continue;
            float t = Math.Clamp(side / half, -1, 1);
            // Furrows along the stroke; a raised edge that catches light on one side and throws shade on the other.
            float furrow = Noise.Value(t * 3.2f + 10, s * 1.6f, seed) - 0.5f + 0.5f * (Noise.Value(t * 7 + 30, s * 2.5f, seed + 1) - 0.5f);
            var (dx, dy) = (path[(int)(s * (Joints - 1)) + 1].X - path[(int)(s * (Joints - 1))].X, path[(int)(s * (Joints - 1)) + 1].Y - path[(int)(s * (Joints - 1))].Y);
            float facing = (-dy * -0.6f + dx * -0.8f) / (MathF.Sqrt(dx * dx + dy * dy) + 1e-9f);
            float relief = 0.17f * t * MathF.Abs(t) * facing;
            canvas.Blend(at % canvas.Width, at / canvas.Width, colour * (1 + 0.34f * furrow + relief) + new Colour(10, 9, 7) * furrow, cover);
        }
    }

    static float Taper(float s) => 0.25f + 0.75f * Arithmetic.Step(0, 0.22f, s) * (1 - 0.85f * Arithmetic.Step(0.55f, 1, s));

    static void Trace(FlowField field, float x, float y, float length, Span<(float X, float Y)> path)
    {
        float step = length / Joints;
        path[Joints / 2] = (x, y);
        for (int k = Joints / 2; k < Joints; k++) path[k + 1] = Moved(path[k], step);
        for (int k = Joints / 2; k > 0; k--) path[k - 1] = Moved(path[k], -step);

        (float, float) Moved((float X, float Y) from, float by)
        {
            var (hx, hy) = field.At(from.X, from.Y);
            var (mx, my) = field.At(from.X + 0.5f * by * hx, from.Y + 0.5f * by * hy);
            return (from.X + by * mx, from.Y + by * my);
        }
    }

    void Near((float X, float Y) a, (float X, float Y) b, int joint, float width)
    {
        float reach = 0.5f * width + canvas.Pixel, dx = b.X - a.X, dy = b.Y - a.Y, square = dx * dx + dy * dy + 1e-12f, inverse = 1 / MathF.Sqrt(square);
        int left = Math.Max(0, (int)((MathF.Min(a.X, b.X) - reach) * canvas.Height)), right = Math.Min(canvas.Width - 1, (int)((MathF.Max(a.X, b.X) + reach) * canvas.Height));
        int top = Math.Max(0, (int)((MathF.Min(a.Y, b.Y) - reach) * canvas.Height)), bottom = Math.Min(canvas.Height - 1, (int)((MathF.Max(a.Y, b.Y) + reach) * canvas.Height));
        for (int row = top; row <= bottom; row++)
            for (int column = left; column <= right; column++)
            {
                float px = (column + 0.5f) * canvas.Pixel - a.X, py = (row + 0.5f) * canvas.Pixel - a.Y, s = (px * dx + py * dy) / square;
                if (s < -0.2f || s > 1.2f) continue;
                float side = (py * dx - px * dy) * inverse;
                int at = row * canvas.Width + column;
                if (owner[at] == strokes && MathF.Abs(across[at]) <= MathF.Abs(side)) continue;
                if (owner[at] != strokes) touched.Add(at);
                owner[at] = strokes;
                (along[at], across[at]) = (Math.Clamp((joint + s) / Joints, 0, 1), side);
            }
    }
}
