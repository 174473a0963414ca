namespace GpuStyle.Imaging.Procedural;

/// <summary>A wall of broken tiles in reds, ochres and cream with dark joints, in arcs around a point below: each tile is what is nearest to one of the jittered points of a grid.</summary>
static class Mosaic
{
    static readonly Colour Joint = Colour.Of("2a1512");
    static readonly Colour[] Tiles = [.. new[] { "b3261e", "d9481c", "e8a33d", "f4e3c1", "7a1f2b", "c96f2e", "efc46a", "8c3b1f" }.Select(Colour.Of)];

    /// <summary>Tiles in a unit of length.</summary>
    const float Scale = 13;

    public static Canvas Paint(Canvas canvas)
    {
        canvas.ForEach((column, row, x, y) =>
        {
            // Rows bend around a point below the middle of the lower edge.
            float dx = x - 0.5f * canvas.Aspect, u = x * Scale, v = (y + 0.45f * dx * dx) * Scale;
            int i = (int)MathF.Floor(u), j = (int)MathF.Floor(v), tile = 0;
            float nearest = float.MaxValue, second = float.MaxValue;
            for (int b = j - 1; b <= j + 1; b++)
                for (int a = i - 1; a <= i + 1; a++)
                {
                    float du = a + 0.15f + 0.7f * Noise.Hash(a, b, 211) - u, dv = b + 0.15f + 0.7f * Noise.Hash(a, b, 223) - v, distance = MathF.Sqrt(du * du + dv * dv);
                    if (distance < nearest) (second, nearest, tile) = (nearest, distance, (int)(Noise.Hash(a, b, 227) * 4096));
                    else second = MathF.Min(second, distance);
                }
            float band = Noise.Fractal(x * 1.5f, v / Scale * 3, 2, 229), grain = Noise.Fractal(x * 60, y * 60, 2, 233);
            var colour = Tiles[(tile + (int)(band * 12)) % Tiles.Length] * (0.82f + 0.3f * grain);
            canvas[column, row] = Joint.To(colour, Arithmetic.Step(0.04f, 0.12f, second - nearest));
        });
        return canvas;
    }
}
