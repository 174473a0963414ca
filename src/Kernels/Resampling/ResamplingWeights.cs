namespace GpuStyle.Kernels;

/// <summary>
/// One axis of a change of size, as a table: output i is the sum over t of Weights[i * Taps + t] times input
/// Index[i * Taps + t]. Engines apply the table along rows, then along columns. What lies beyond an edge is that edge or, where the axis wraps
/// around, its other end.
/// </summary>
internal sealed class ResamplingWeights
{
    public int Taps { get; }
    public int[] Index { get; }
    public float[] Weights { get; }

    public ResamplingWeights(int source, int destination, bool wrap)
    {
        double ratio = (double)source / destination, stretch = Math.Max(1, ratio), radius = 2 * stretch;
        Taps = TapsOf(source, destination);
        Index = new int[destination * Taps];
        Weights = new float[destination * Taps];
        var weight = new double[Taps];
        for (int i = 0; i < destination; i++)
        {
            double centre = (i + 0.5) * ratio - 0.5, sum = 0;
            int first = (int)Math.Floor(centre - radius) + 1;
            for (int t = 0; t < Taps; t++) sum += weight[t] = Cubic((first + t - centre) / stretch);
            for (int t = 0; t < Taps; t++)
            {
                Index[i * Taps + t] = wrap ? (first + t).Modulo(source) : Math.Clamp(first + t, 0, source - 1);
                Weights[i * Taps + t] = (float)(weight[t] / sum);
            }
        }
    }

    /// <summary>Inputs that an output is made of.</summary>
    public static int TapsOf(int source, int destination) => (int)Math.Ceiling(4 * Math.Max(1, (double)source / destination)) + 1;

    static double Cubic(double x)
    {
        x = Math.Abs(x);
        return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    }
}
