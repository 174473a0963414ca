namespace GpuStyle.Imaging.Procedural;

/// <summary>The near bank: grass with flowers, tall firs on the left, reeds on the right.</summary>
static class Foreground
{
    static readonly Colour GrassLit = Colour.Of("8fa544"), GrassShade = Colour.Of("1f4a34"), Reed = Colour.Of("2c4a2c"), Head = Colour.Of("6b3f26");
    static readonly Colour[] Flowers = [Colour.Of("f7d23e"), Colour.Of("fff4e0"), Colour.Of("e0563f"), Colour.Of("c77bd0")];

    public static void Paint(Canvas canvas)
    {
        float aspect = canvas.Aspect;
        canvas.ForEach((column, row, x, y) =>
        {
            float top = Bank(x / aspect), blade = 0.7f * Noise.Value(x * 210 + y * 25, y * 9, 151) + 0.3f * Noise.Value(x * 90 - y * 30, y * 5, 153);
            float cover = Math.Clamp((y - top + 0.034f * blade) / canvas.Pixel / 2 + 0.5f, 0, 1);
            if (cover == 0) return;
            float light = 0.85f - 2.6f * (y - top) + 0.8f * (blade - 0.5f) + 0.5f * (Noise.Fractal(x * 9, y * 16, 3, 157) - 0.5f);
            canvas.Blend(column, row, GrassShade.To(GrassLit, Math.Clamp(light, 0, 1)), cover);
        }, top: 0.7f);
        Fir.Paint(canvas, 0.175f * aspect, 0.93f, 0.42f, 17);
        Fir.Paint(canvas, 0.02f * aspect, 0.95f, 0.66f, 5);
        Fir.Paint(canvas, 0.105f * aspect, 0.985f, 0.56f, 29);
        Bloom(canvas);
        for (int i = 0; i < 16; i++) Stalk(canvas, i);
    }

    static float Bank(float across) => 0.985f - 0.125f * Arithmetic.Step(0.52f, 0.02f, across) - 0.085f * Arithmetic.Step(0.62f, 1, across) - 0.012f * Noise.Fractal(across * 9, 7.7f, 2, 149);

    static void Bloom(Canvas canvas)
    {
        for (int i = 0; i < 110; i++)
        {
            float across = Noise.Hash(i, 0, 163), y = Bank(across) + 0.02f + 0.13f * Noise.Hash(i, 1, 163), x = across * canvas.Aspect, r = 0.0035f + 0.05f * MathF.Max(0, y - 0.86f) * 0.4f;
            if (y > 1) continue;
            canvas.Fill(Flowers[i % Flowers.Length], (x - r, y), (x - 0.5f * r, y - r), (x + 0.5f * r, y - r), (x + r, y), (x + 0.5f * r, y + 0.8f * r), (x - 0.5f * r, y + 0.8f * r));
        }
    }

    static void Stalk(Canvas canvas, int i)
    {
        float x = (0.80f + 0.19f * Noise.Hash(i, 0, 167)) * canvas.Aspect, foot = 0.97f + 0.03f * Noise.Hash(i, 1, 167);
        float height = 0.13f + 0.13f * Noise.Hash(i, 2, 167), lean = 0.06f * (Noise.Hash(i, 3, 167) - 0.6f);
        canvas.Fill(Reed, (x - 0.003f, foot), (x + 0.003f, foot), (x + lean + 0.001f, foot - height), (x + lean - 0.001f, foot - height));
        float leaf = lean * 2.2f - 0.03f;
        canvas.Fill(Reed, (x - 0.003f, foot), (x + 0.003f, foot), (x + leaf, foot - 0.75f * height));
        if (i % 2 == 0) return;
        float tip = foot - height, hx = x + lean;
        canvas.Fill(Head, (hx - 0.0055f, tip + 0.045f), (hx + 0.0055f, tip + 0.045f), (hx + 0.005f, tip + 0.004f), (hx, tip - 0.003f), (hx - 0.005f, tip + 0.004f));
    }
}
