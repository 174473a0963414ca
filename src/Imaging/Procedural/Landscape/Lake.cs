namespace GpuStyle.Imaging.Procedural;

/// <summary>Water from the far shore down to the lower edge: what stands above it upside down, broken by ripples, and the sun's path.</summary>
static class Lake
{
    static readonly Colour Deep = Colour.Of("173f66"), Bright = Colour.Of("ffe9b0"), Line = Colour.Of("e8e4c8");

    public static void Paint(Canvas canvas)
    {
        float shore = LandscapeScene.Shore, sun = LandscapeScene.SunAcross * canvas.Aspect;
        canvas.ForEach((column, row, x, y) =>
        {
            float down = y - shore;
            if (down < 0) return;
            // Ripples lie closer together in the distance.
            float depth = 1 / (down + 0.07f);
            float ripple = Noise.Fractal(x * (3 + 0.9f * depth), depth * 5.5f, 3, 131) - 0.5f, fine = Noise.Value(x * (8 + 3.2f * depth), depth * 19, 139) - 0.5f;
            float strength = Math.Clamp(down * 7, 0, 1);
            var mirrored = canvas.Sample(x + strength * 0.020f * ripple, shore - 1.35f * down + strength * (0.085f * ripple + 0.03f * fine));
            var colour = (mirrored * 0.9f).To(Deep, Math.Clamp(0.20f + 0.75f * down + 0.5f * ripple * strength, 0, 0.8f));
            float path = Arithmetic.Bell((x - sun) / (0.035f + 0.16f * down)) * Arithmetic.Step(0.02f, 0.16f, ripple + 0.6f * fine + 0.03f);
            canvas[column, row] = colour.To(Bright, 0.85f * path);
            canvas.Blend(column, row, Line, 0.7f * Arithmetic.Bell((down - 0.002f) / 0.0022f));
        }, top: shore);
    }
}
