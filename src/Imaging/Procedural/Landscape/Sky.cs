namespace GpuStyle.Imaging.Procedural;

/// <summary>An evening sky: blue above, gold towards the horizon, a sun with its glow, banks of cloud lit from below.</summary>
static class Sky
{
    static readonly Colour Zenith = Colour.Of("1f4e8c"), Middle = Colour.Of("6fa8d6"), Low = Colour.Of("f7d9a0"), Horizon = Colour.Of("f6b27a");
    static readonly Colour Glow = Colour.Of("fff0b8"), Sun = Colour.Of("fffbe6"), CloudLight = Colour.Of("fff0d8"), CloudRose = Colour.Of("f0a888"), CloudShade = Colour.Of("8a8fb8");

    public static void Paint(Canvas canvas)
    {
        float aspect = canvas.Aspect, sunX = LandscapeScene.SunAcross * aspect, sunY = LandscapeScene.SunDown;
        canvas.ForEach((column, row, x, y) =>
        {
            float dx = x - sunX, dy = y - sunY, distance = MathF.Sqrt(dx * dx + dy * dy);
            var colour = Zenith.To(Middle, Arithmetic.Step(0, 0.34f, y)).To(Low, Arithmetic.Step(0.18f, 0.48f, y)).To(Horizon, Arithmetic.Step(0.42f, 0.6f, y));
            colour = colour.To(Glow, 0.75f * Arithmetic.Bell(distance / 0.2f));
            colour = Clouds(colour, x, y, distance);
            canvas[column, row] = colour.To(Sun, Math.Clamp((0.05f - distance) / canvas.Pixel + 0.5f, 0, 1));
        }, bottom: LandscapeScene.Shore + 0.01f);
    }

    static Colour Clouds(Colour sky, float x, float y, float fromSun)
    {
        float bend = Noise.Fractal(x * 3, y * 6, 2, 11) - 0.5f;
        float density = Noise.Fractal(x * 2.6f + bend * 0.6f, y * 9 + bend * 1.4f, 5, 23);
        float above = Noise.Fractal(x * 2.6f + bend * 0.6f, (y + 0.025f) * 9 + bend * 1.4f, 4, 23);
        float cover = Arithmetic.Step(0.52f, 0.66f, density) * Arithmetic.Step(0.02f, 0.12f, y) * (1 - Arithmetic.Step(0.36f, 0.5f, y));
        // Thinner below than here: the lower side, which the low sun reaches.
        float lit = Math.Clamp(0.5f + (density - above) * 6, 0, 1);
        var cloud = CloudShade.To(CloudRose, Arithmetic.Step(0.1f, 0.6f, lit)).To(CloudLight, Arithmetic.Step(0.45f, 1, lit + 0.35f * Arithmetic.Bell(fromSun / 0.3f)));
        return sky.To(cloud, 0.92f * cover);
    }
}
