namespace GpuStyle.Imaging.Procedural;

/// <summary>Smooth pseudo-random fields in 0..1, a pure function of position and seed.</summary>
static class Noise
{
    /// <summary>One number in 0..1 for a lattice point.</summary>
    public static float Hash(int x, int y, int seed)
    {
        uint h = (uint)x * 0x8da6b343u ^ (uint)y * 0xd8163841u ^ (uint)seed * 0xcb1ab31fu;
        h = (h ^ (h >> 15)) * 0x2c1b3c6du;
        h = (h ^ (h >> 12)) * 0x297a2d39u;
        return (h ^ (h >> 15)) * (1 / 4294967296f);
    }

    /// <summary>Lattice values joined smoothly.</summary>
    public static float Value(float x, float y, int seed)
    {
        float left = MathF.Floor(x), top = MathF.Floor(y);
        int i = (int)left, j = (int)top;
        float u = x - left, v = y - top;
        u = u * u * (3 - 2 * u);
        v = v * v * (3 - 2 * v);
        return Arithmetic.Mix(
            Arithmetic.Mix(Hash(i, j, seed), Hash(i + 1, j, seed), u),
            Arithmetic.Mix(Hash(i, j + 1, seed), Hash(i + 1, j + 1, seed), u), v);
    }

    /// <summary>Octaves of <see cref="Value"/>, each half as high and twice as fine.</summary>
    public static float Fractal(float x, float y, int octaves, int seed)
    {
        float sum = 0, weight = 0, share = 1;
        for (int o = 0; o < octaves; o++, share *= 0.5f)
        {
            sum += share * Value(x, y, seed + o);
            weight += share;
            (x, y) = (2 * x + 17.3f, 2 * y - 9.1f);
        }
        return sum / weight;
    }

    /// <summary>Octaves folded at their middle: sharp crests, round valleys.</summary>
    public static float Ridged(float x, float y, int octaves, int seed)
    {
        float sum = 0, weight = 0, share = 1;
        for (int o = 0; o < octaves; o++, share *= 0.5f)
        {
            sum += share * (1 - MathF.Abs(2 * Value(x, y, seed + o) - 1));
            weight += share;
            (x, y) = (2 * x + 5.7f, 2 * y + 3.9f);
        }
        return sum / weight;
    }
}
