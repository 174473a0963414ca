namespace GpuStyle.Imaging.Procedural;

/// <summary>A fir: tiers of drooping boughs, narrower towards the tip, lit on the side of the sun.</summary>
static class Fir
{
    static readonly Colour Lit = Colour.Of("6d8c3f"), Shade = Colour.Of("16382f"), Trunk = Colour.Of("4a3324");

    public static void Paint(Canvas canvas, float x, float foot, float height, int seed)
    {
        float wide = 0.21f * height, side = x < LandscapeScene.SunAcross * canvas.Aspect ? 1 : -1;
        canvas.Fill(Trunk, (x - 0.02f * height, foot), (x - 0.012f * height, foot - 0.2f * height), (x + 0.012f * height, foot - 0.2f * height), (x + 0.02f * height, foot));
        const int tiers = 8;
        for (int tier = 0; tier < tiers; tier++)
        {
            float share = tier / (float)tiers, low = foot - height * (0.08f + 0.80f * share), high = foot - height * MathF.Min(1, 0.36f + 0.80f * share);
            float half = wide * (1.04f - share) * (0.85f + 0.3f * Noise.Hash(tier, 1, seed));
            float leftDroop = 0.035f * height * Noise.Hash(tier, 2, seed), rightDroop = 0.035f * height * Noise.Hash(tier, 3, seed);
            canvas.Fill([
                (x, high), (x + half * 0.45f, low - 0.05f * height), (x + half, low + rightDroop), (x + half * 0.5f, low - 0.012f * height),
                (x + half * 0.2f, low + 0.02f * height), (x - half * 0.25f, low - 0.008f * height), (x - half * 0.55f, low + 0.012f * height),
                (x - half, low + leftDroop), (x - half * 0.45f, low - 0.05f * height)], (px, py) =>
            {
                float light = 0.25f + 0.45f * side * (px - x) / half + 0.35f * (low - py) / (low - high) + 0.5f * (Noise.Value(px / height * 42, py / height * 60, seed) - 0.5f);
                return Shade.To(Lit, Math.Clamp(light, 0, 1) * (0.75f + 0.25f * share));
            });
        }
    }
}
