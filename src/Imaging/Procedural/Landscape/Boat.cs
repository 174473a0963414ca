namespace GpuStyle.Imaging.Procedural;

/// <summary>A sailing boat with its reflection.</summary>
static class Boat
{
    static readonly Colour Sail = Colour.Of("fdf6e6"), Jib = Colour.Of("e2573b"), Hull = Colour.Of("5a2d22"), Gunwale = Colour.Of("e9c08a");

    public static void Paint(Canvas canvas)
    {
        float x = 0.565f * canvas.Aspect;
        const float line = 0.735f, size = 0.19f;
        Draw(canvas, x, line, size, -0.55f, 0.45f);
        Draw(canvas, x, line, size, 1, 1);
    }

    /// <summary>Heights are multiplied by <paramref name="up"/>: negative ones lie in the water.</summary>
    static void Draw(Canvas canvas, float x, float line, float size, float up, float share)
    {
        (float, float) At(float across, float high) => (x + across * size, line - up * high * size);
        void Part(Colour colour, params ReadOnlySpan<(float, float)> points) => canvas.Fill(points, (_, _) => colour, share);

        Part(Hull, At(-0.42f, 0.10f), At(0.46f, 0.10f), At(0.34f, -0.03f), At(-0.32f, -0.03f));
        Part(Gunwale, At(-0.43f, 0.125f), At(0.48f, 0.125f), At(0.45f, 0.09f), At(-0.41f, 0.09f));
        Part(Hull, At(-0.012f, 0.1f), At(0.016f, 0.1f), At(0.010f, 1.06f), At(-0.006f, 1.06f));
        Part(Sail, At(0.03f, 0.18f), At(0.47f, 0.20f), At(0.33f, 0.50f), At(0.16f, 0.84f), At(0.022f, 1.03f));
        Part(Jib, At(-0.03f, 0.20f), At(-0.36f, 0.17f), At(-0.20f, 0.50f), At(-0.018f, 0.92f));
    }
}
