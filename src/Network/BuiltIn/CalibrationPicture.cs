namespace GpuStyle.Network;

/// <summary>
/// The picture that the built-in network is scaled on: noise with the statistics that photographs share, as much contrast in
/// every octave (Field 1987: amplitude falls as 1/frequency) and mostly in lightness. Periodic, RGB, in the network's units.
/// </summary>
internal static class CalibrationPicture
{
    const int Side = 128;

    /// <summary>Contrast of the finest octave, which lenses and painters soften.</summary>
    const double Finest = .6;

    /// <summary>Standard deviation of lightness, 55 of 255 levels in units of 64.</summary>
    const double Contrast = 55.0 / 64;

    /// <summary>Lightness and two colour contrasts in red, green and blue.</summary>
    static readonly double[][] Mixture = [[1, .35, .15], [1, 0, -.3], [1, -.35, .15]];

    /// <summary>Red, green and blue.</summary>
    public static PeriodicMap[] Make(SplitMix64 random)
    {
        double[][] noise = [Octaves(random), Octaves(random), Octaves(random)];
        return [.. Mixture.Select(weights =>
        {
            var map = new PeriodicMap(Side);
            for (int y = 0; y < Side; y++)
            {
                var row = map.Row(y);
                for (int x = 0; x < Side; x++)
                {
                    int i = y * Side + x;
                    row[x] = (float)(Contrast * (weights[0] * noise[0][i] + weights[1] * noise[1][i] + weights[2] * noise[2][i]));
                }
            }
            map.Wrap();
            return map;
        })];
    }

    /// <summary>White noise on grids of spacing 1, 2, 4 ..., enlarged bilinearly and added; mean 0, deviation 1.</summary>
    static double[] Octaves(SplitMix64 random)
    {
        var sum = new double[Side * Side];
        for (int spacing = 1; spacing <= Side / 4; spacing *= 2)
        {
            int cells = Side / spacing;
            var grid = new double[cells * cells];
            for (int i = 0; i < grid.Length; i++) grid[i] = (spacing == 1 ? Finest : 1) * random.Normal();
            for (int i = 0; i < sum.Length; i++)
            {
                int y = i / Side, x = i % Side, top = y / spacing, left = x / spacing;
                int bottom = (top + 1) % cells, right = (left + 1) % cells;
                double fy = (double)(y % spacing) / spacing, fx = (double)(x % spacing) / spacing;
                double upper = (1 - fx) * grid[top * cells + left] + fx * grid[top * cells + right];
                double lower = (1 - fx) * grid[bottom * cells + left] + fx * grid[bottom * cells + right];
                sum[i] += (1 - fy) * upper + fy * lower;
            }
        }
        double mean = 0, square = 0;
        foreach (double value in sum) mean += value / sum.Length;
        foreach (double value in sum) square += (value - mean) * (value - mean);
        double deviation = Math.Sqrt(square / sum.Length);
        return [.. sum.Select(v => (v - mean) / deviation)];
    }
}
