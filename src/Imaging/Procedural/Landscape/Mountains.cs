namespace GpuStyle.Imaging.Procedural;

/// <summary>Ranges behind one another: snow peaks with a lit and a shaded face, then hills, each nearer one darker and clearer.</summary>
static class Mountains
{
    /// <summary>A summit: where (share of the width), how high (units of the height from the top), and how steep.</summary>
    readonly record struct Peak(float Across, float Top, float Steepness);

    static readonly Peak[] Distant = [new(-0.02f, 0.33f, 0.8f), new(0.13f, 0.37f, 0.9f), new(0.33f, 0.42f, 0.8f), new(0.55f, 0.40f, 0.75f), new(0.74f, 0.36f, 0.8f), new(1.02f, 0.39f, 0.8f)];
    static readonly Peak[] Main = [new(0.36f, 0.42f, 0.9f), new(0.08f, 0.30f, 1.15f), new(0.98f, 0.31f, 1.2f), new(0.23f, 0.19f, 1.3f), new(0.81f, 0.15f, 1.25f), new(0.63f, 0.34f, 1.15f)];

    static readonly Colour Mist = Colour.Of("e8c6ae");

    public static void Paint(Canvas canvas)
    {
        Range(canvas, Distant, 31, new(Colour.Of("c9b8c0"), Colour.Of("9aa3c4"), Colour.Of("f3dcc8"), Colour.Of("b7bedb"), 0.06f), 0.45f);
        Range(canvas, Main, 47, new(Colour.Of("b58a70"), Colour.Of("49598a"), Colour.Of("fff3dc"), Colour.Of("93a8d8"), 0.13f), 0.2f);
        Hills(canvas, 0.515f, 0.07f, 2.1f, 61, Colour.Of("6f8f86"), Colour.Of("55788a"), 0.25f);
        Hills(canvas, 0.565f, 0.055f, 3.2f, 83, Colour.Of("5d8a4e"), Colour.Of("2f5a55"), 0.9f);
    }

    readonly record struct Faces(Colour RockLit, Colour RockShade, Colour SnowLit, Colour SnowShade, float SnowDepth);

    /// <summary>Each mountain in front of the ones before it, so that its own outline ends it.</summary>
    static void Range(Canvas canvas, Peak[] peaks, int seed, Faces faces, float haze)
    {
        foreach (var peak in peaks) Mountain(canvas, peak, seed + (int)(peak.Across * 100), faces, haze);
    }

    static void Mountain(Canvas canvas, Peak peak, int seed, Faces faces, float haze)
    {
        float centre = peak.Across * canvas.Aspect, sun = LandscapeScene.SunAcross * canvas.Aspect;
        canvas.ForEach((column, row, x, y) =>
        {
            float away = MathF.Abs(x - centre), outline = peak.Top + peak.Steepness * away * (1 - 0.28f * MathF.Min(1, away / 0.4f));
            if (y < outline - 0.03f) return;
            float rough = 0.045f * (Noise.Ridged(x * 9, 0.5f, 4, seed) - 0.5f) * Arithmetic.Step(0, 0.05f, away);
            float cover = Math.Clamp((y - outline - rough) / canvas.Pixel / (1 + 0.6f * peak.Steepness) + 0.5f, 0, 1);
            if (cover == 0) return;

            float depth = y - peak.Top;
            // The crest runs down from the summit in a zigzag; what lies towards the sun of it is lit, and so are the flanks of lesser ribs.
            float crest = centre + (Noise.Fractal(depth * 14, peak.Across * 31, 3, seed + 5) - 0.5f) * (0.04f + 0.45f * depth);
            float towards = centre < sun ? x - crest : crest - x;
            float slant = x < crest ? 1 : -1;
            float ribs = Noise.Ridged((x - centre) * 13 + slant * depth * 9, depth * 5 - slant * (x - centre) * 4, 4, seed + 9) - 0.6f;
            float light = Math.Clamp(Arithmetic.Step(-0.03f, 0.03f, towards + 0.05f * ribs) * (0.9f + 1.5f * MathF.Min(0, ribs)) + 0.75f * MathF.Max(0, ribs + 0.05f), 0, 1);
            float snowLine = faces.SnowDepth + 0.2f * (Noise.Fractal(x * 26, y * 6, 3, seed + 13) - 0.5f) - 0.2f * ribs;
            float snow = Arithmetic.Step(0.006f, -0.006f, depth - snowLine);
            var colour = faces.RockShade.To(faces.RockLit, light).To(faces.SnowShade.To(faces.SnowLit, light), snow);
            canvas.Blend(column, row, colour.To(Mist, haze + (0.75f - haze) * Arithmetic.Step(0.34f, 0.62f, y)), cover);
        }, top: peak.Top - 0.03f, bottom: LandscapeScene.Shore + 0.01f);
    }

    static void Hills(Canvas canvas, float line, float swing, float frequency, int seed, Colour lit, Colour shade, float trees)
    {
        canvas.ForEach((column, row, x, y) =>
        {
            float crest = line - swing * (Noise.Fractal(x * frequency, 3.3f, 3, seed) - 0.5f) * 2;
            // The tips of a wood along the crest: narrow saw teeth of different heights.
            float place = x * 95, tooth = place - MathF.Floor(place);
            float tips = trees * 0.016f * (0.4f + Noise.Hash((int)place, 0, seed)) * (1 - MathF.Abs(2 * tooth - 1));
            float cover = Math.Clamp((y - crest + tips) / canvas.Pixel / (1 + 1.2f * trees) + 0.5f, 0, 1);
            if (cover == 0) return;
            float texture = Noise.Fractal(x * 40, y * 70, 3, seed + 3), slope = Noise.Fractal(x * frequency * 2.2f, y * 9, 2, seed + 7);
            float light = Math.Clamp(0.15f + 0.9f * (slope - 0.3f) + 0.7f * (texture - 0.5f) - 2.5f * (y - crest), 0, 1);
            canvas.Blend(column, row, shade.To(lit, light), cover);
        }, bottom: LandscapeScene.Shore + 0.01f);
    }
}
