namespace GpuStyle.Imaging.Procedural;

/// <summary>A small house with a red roof, a chimney that smokes, and light in its windows.</summary>
static class House
{
    static readonly Colour Wall = Colour.Of("f2dfbd"), Gable = Colour.Of("c9a98c"), Roof = Colour.Of("b5432f"), RoofDark = Colour.Of("7a2a28");
    static readonly Colour Window = Colour.Of("ffd864"), Frame = Colour.Of("5b3426"), Stone = Colour.Of("8c7468"), Smoke = Colour.Of("efe6ea");

    /// <summary>Paints it around x, its foot at the given height, about as tall as <paramref name="size"/>.</summary>
    public static void Paint(Canvas canvas, float x, float foot, float size)
    {
        (float, float) At(float across, float up) => (x + across * size, foot - up * size);
        void Box(Colour colour, float left, float bottom, float right, float top) => canvas.Fill(colour, At(left, bottom), At(right, bottom), At(right, top), At(left, top));

        canvas.ForEach((column, row, px, py) =>
        {
            float up = (foot - py) / size - 1.05f;
            if (up < 0) return;
            float middle = x + size * (0.33f + 0.22f * up + 0.10f * up * Arithmetic.Sine(up * 0.55f)), width = size * (0.05f + 0.09f * up);
            float share = 0.55f * Arithmetic.Bell((px - middle) / width * 1.4f) * Arithmetic.Step(2.4f, 0.2f, up);
            if (share > 0.01f) canvas.Blend(column, row, Smoke, share);
        }, top: foot - 3.5f * size, bottom: foot);

        Box(Stone, 0.26f, 0.6f, 0.40f, 1.08f);
        Box(Wall, -0.72f, 0, 0.30f, 0.52f);
        canvas.Fill(Gable, At(0.30f, 0), At(0.80f, 0), At(0.80f, 0.52f), At(0.55f, 0.98f), At(0.30f, 0.52f));
        canvas.Fill(RoofDark, At(0.55f, 1.04f), At(0.90f, 0.44f), At(0.84f, 0.40f), At(0.55f, 0.92f), At(0.30f, 0.48f), At(0.24f, 0.50f));
        var (_, ridge) = At(0, 1.04f);
        canvas.Fill([At(-0.80f, 0.46f), At(0.26f, 0.46f), At(0.57f, 1.04f), At(-0.52f, 1.04f)], (px, py) =>
        {
            float tile = (py - ridge) / size * 9;
            return Roof.To(RoofDark, 0.45f * Arithmetic.Step(0.55f, 0.95f, tile - MathF.Floor(tile)) + 0.25f * Noise.Hash((int)(px / size * 14), (int)tile, 5));
        });
        foreach (float left in new[] { -0.60f, -0.02f })
        {
            Box(Frame, left - 0.025f, 0.145f, left + 0.225f, 0.425f);
            Box(Window, left, 0.17f, left + 0.09f, 0.40f);
            Box(Window, left + 0.11f, 0.17f, left + 0.20f, 0.40f);
        }
        Box(Frame, -0.32f, 0, -0.14f, 0.38f);
        Box(Frame, 0.45f, 0.28f, 0.65f, 0.58f);
        Box(Window, 0.475f, 0.305f, 0.625f, 0.555f);
    }
}
