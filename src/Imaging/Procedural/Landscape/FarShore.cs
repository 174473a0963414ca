namespace GpuStyle.Imaging.Procedural;

/// <summary>The far shore: a meadow that rises to the right, a house on it, firs around.</summary>
static class FarShore
{
    static readonly Colour Lit = Colour.Of("a9b45a"), Shade = Colour.Of("4f7a45");

    public static void Paint(Canvas canvas)
    {
        float aspect = canvas.Aspect;
        canvas.ForEach((column, row, x, y) =>
        {
            float top = Ground(x / aspect);
            float light = Math.Clamp(1.1f - 9 * (y - top) + 0.9f * (Noise.Fractal(x * 30, y * 120, 3, 101) - 0.5f), 0, 1);
            canvas.Blend(column, row, Shade.To(Lit, light), Math.Clamp((y - top) / canvas.Pixel + 0.5f, 0, 1));
        }, bottom: LandscapeScene.Shore + 0.01f);

        foreach (var (across, size) in new[] { (0.655f, 0.085f), (0.695f, 0.12f), (0.725f, 0.10f), (0.935f, 0.15f), (0.975f, 0.12f), (0.90f, 0.11f) })
            Fir.Paint(canvas, across * aspect, Ground(across) + 0.008f, size, 3 + (int)(across * 1000));
        House.Paint(canvas, 0.815f * aspect, Ground(0.815f) + 0.016f, 0.115f);
        foreach (var (across, size) in new[] { (0.02f, 0.06f), (0.05f, 0.075f), (0.085f, 0.05f), (0.31f, 0.035f), (0.335f, 0.045f), (0.36f, 0.03f), (0.755f, 0.05f) })
            Fir.Paint(canvas, across * aspect, Ground(across) + 0.008f, size, 7 + (int)(across * 1000));
    }

    static float Ground(float across) =>
        LandscapeScene.Shore - 0.012f - 0.045f * Arithmetic.Step(0.55f, 0.85f, across) - 0.015f * Arithmetic.Step(0.3f, 0, across) - 0.006f * Noise.Fractal(across * 12, 1.5f, 2, 97);
}
