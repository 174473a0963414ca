namespace GpuStyle.Imaging.Procedural;

/// <summary>Which colour a stroke takes: rings of light around what shines, bands along the stream elsewhere, dark hills below.</summary>
static class Palette
{
    static readonly Colour[] Night = [.. new[] { "14265f", "1b3a8a", "2450a8", "2f6cc0", "4b92cf", "1d2f74", "7fb9d6", "2a8f9c" }.Select(Colour.Of)];
    static readonly Colour[] Light = [.. new[] { "fff6d0", "ffe27a", "f7bd2e", "e8942a", "d9c987", "8fc1b8" }.Select(Colour.Of)];
    static readonly Colour[] Hill = [.. new[] { "12233f", "1c4a4f", "2d6a4f", "17305c", "3f7f5a", "c9952f" }.Select(Colour.Of)];
    static readonly Colour[] Foam = [.. new[] { "f4efd9", "cfe3e0", "9fcbd9", "f0d98c" }.Select(Colour.Of)];

    /// <summary>The colour at a position, for stroke number i of a coat.</summary>
    public static Colour At(FlowField field, float x, float y, int i, int coat)
    {
        float chance = Noise.Hash(i, 5, 401 + coat);
        if (y > Skyline(x / field.Aspect)) return Vary(Hill[Pick(Hill.Length - (coat < 2 ? 1 : 0), Noise.Fractal(x * 3, y * 14, 2, 421) * 1.5f - 0.25f + 0.25f * (chance - 0.5f))], i);

        foreach (var eddy in FlowField.Eddies)
        {
            float dx = x - eddy.Across * field.Aspect, dy = y - eddy.Y, ring = MathF.Sqrt(dx * dx + dy * dy) / eddy.Radius;
            if (eddy.Shines && ring < 1.05f) return Vary(Light[Pick(Light.Length, ring / 1.05f + 0.22f * (chance - 0.5f))], i);
            // The arms of a spiral, cream among the blues.
            float arm = ring * 1.7f + 0.25f * Noise.Value(x * 7, y * 7, 431);
            if (!eddy.Shines && ring < 1.25f && arm - MathF.Floor(arm) < 0.36f && chance < 0.85f) return Vary(Foam[Pick(Foam.Length, Noise.Hash(i, 6, 433))], i);
        }
        float band = Noise.Fractal(x * 1.8f, y * 6.5f, 2, 443) * 1.9f - 0.45f + 0.3f * (chance - 0.5f);
        if (coat >= 2 && chance > 0.93f) return Vary(Foam[Pick(Foam.Length, Noise.Hash(i, 7, 449))], i);
        return Vary(Night[Pick(Night.Length, band)], i);
    }

    static float Skyline(float across) => 0.80f - 0.07f * Arithmetic.Sine(0.75f * across + 0.1f) - 0.03f * Arithmetic.Sine(2.3f * across);

    static int Pick(int count, float share) => Math.Clamp((int)(share * count), 0, count - 1);

    static Colour Vary(Colour colour, int i) => colour * (0.88f + 0.24f * Noise.Hash(i, 9, 457));
}
