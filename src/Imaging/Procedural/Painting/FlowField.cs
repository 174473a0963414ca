namespace GpuStyle.Imaging.Procedural;

/// <summary>Where the brush moves: a broad wave from left to right, bent around eddies and around lights.</summary>
sealed class FlowField(float aspect)
{
    /// <summary>A centre that the strokes turn around: share of the width, height, radius, sense of turning, and whether it shines.</summary>
    public readonly record struct Eddy(float Across, float Y, float Radius, float Turn, bool Shines);

    public static readonly Eddy[] Eddies =
    [
        new(0.40f, 0.40f, 0.20f, 1, false), new(0.585f, 0.50f, 0.15f, -1, false),
        new(0.84f, 0.20f, 0.155f, 1, true), new(0.12f, 0.17f, 0.105f, -1, true), new(0.36f, 0.10f, 0.065f, 1, true),
        new(0.62f, 0.16f, 0.075f, -1, true), new(0.10f, 0.55f, 0.085f, 1, true), new(0.87f, 0.58f, 0.095f, -1, true),
    ];

    public float Aspect => aspect;

    /// <summary>The direction at a position, of length 1.</summary>
    public (float X, float Y) At(float x, float y)
    {
        float u = x / aspect;
        float fx = 1, fy = 0.5f * Arithmetic.Sine(0.9f * u + 0.15f) + 0.7f * (Noise.Value(x * 2.2f, y * 2.2f, 301) - 0.5f);
        // Below, hills: long swells.
        float hill = Arithmetic.Step(0.70f, 0.80f, y);
        (fx, fy) = (1, Arithmetic.Mix(fy, 0.55f * Arithmetic.Sine(1.6f * u + 0.35f * y), hill));
        foreach (var eddy in Eddies)
        {
            float dx = x - eddy.Across * aspect, dy = y - eddy.Y, distance = MathF.Sqrt(dx * dx + dy * dy) + 1e-4f;
            float pull = 6 * (1 - hill) * Arithmetic.Bell(distance / eddy.Radius * 0.85f);
            fx += pull * eddy.Turn * -dy / distance;
            fy += pull * eddy.Turn * dx / distance;
        }
        float length = MathF.Sqrt(fx * fx + fy * fy) + 1e-6f;
        return (fx / length, fy / length);
    }
}
