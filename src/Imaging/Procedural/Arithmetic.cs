namespace GpuStyle.Imaging.Procedural;

/// <summary>
/// Functions from additions, products, quotients and square roots only. These are exact on every platform, where sines and
/// exponentials of the system's library are not.
/// </summary>
static class Arithmetic
{
    public static float Mix(float a, float b, float share) => a + (b - a) * share;

    /// <summary>0 below <paramref name="from"/>, 1 above <paramref name="to"/>, smooth between.</summary>
    public static float Step(float from, float to, float value)
    {
        float t = Math.Clamp((value - from) / (to - from), 0, 1);
        return t * t * (3 - 2 * t);
    }

    /// <summary>A bell: 1 at 0, falling smoothly towards 0.</summary>
    public static float Bell(float x)
    {
        float q = 1 / (1 + x * x);
        return q * q;
    }

    /// <summary>The sine of a number of turns, within 0.001: a wave is all that is asked of it.</summary>
    public static float Sine(float turns)
    {
        float x = turns - MathF.Floor(turns + 0.5f);
        float parabola = 16 * x * (0.5f - MathF.Abs(x));
        return parabola * (0.775f + 0.225f * MathF.Abs(parabola));
    }

    public static float Cosine(float turns) => Sine(turns + 0.25f);
}
