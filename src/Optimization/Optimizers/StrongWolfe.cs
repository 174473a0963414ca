namespace GpuStyle.Optimization;

/// <summary>A line search for the strong Wolfe conditions: Nocedal and Wright 2006, algorithms 3.5 and 3.6, cubic interpolation.</summary>
internal static class StrongWolfe
{
    const double Decrease = 1e-4, Curvature = 0.9;
    const int MostEvaluations = 25;

    readonly record struct Point(double T, double Value, double Slope);

    /// <summary>The step length found, or the best seen if the conditions cannot be met; 0 if nothing decreased.</summary>
    /// <param name="along">Value and slope at a step length.</param>
    /// <param name="value">The value at 0.</param>
    /// <param name="slope">The slope at 0, negative.</param>
    /// <param name="t">The first length to try.</param>
    public static double Search(Func<double, (double Value, double Slope)> along, double value, double slope, double t)
    {
        var origin = new Point(0, value, slope);
        Point previous = origin, best = origin;
        int evaluations = 0;
        Point At(double length)
        {
            evaluations++;
            var (v, s) = along(length);
            var p = double.IsFinite(v) && double.IsFinite(s) ? new Point(length, v, s) : new Point(length, double.PositiveInfinity, double.PositiveInfinity);
            if (p.Value < best.Value) best = p;
            return p;
        }
        bool TooHigh(Point p) => !(p.Value <= value + Decrease * p.T * slope);
        bool Flat(Point p) => Math.Abs(p.Slope) <= -Curvature * slope;

        while (evaluations < MostEvaluations)
        {
            var p = At(t);
            if (TooHigh(p) || (evaluations > 1 && p.Value >= previous.Value)) return Zoom(previous, p);
            if (Flat(p)) return p.T;
            if (p.Slope >= 0) return Zoom(p, previous);
            (previous, t) = (p, 4 * t);
        }
        return best.T;

        double Zoom(Point low, Point high)
        {
            while (evaluations < MostEvaluations)
            {
                var p = At(Between(low, high));
                if (TooHigh(p) || p.Value >= low.Value) high = p;
                else
                {
                    if (Flat(p)) return p.T;
                    if (p.Slope * (high.T - low.T) >= 0) high = low;
                    low = p;
                }
            }
            return best.T;
        }
    }

    /// <summary>The minimum of the cubic through both points, kept off the ends; the middle where there is none.</summary>
    static double Between(Point a, Point b)
    {
        double width = b.T - a.T, middle = a.T + width / 2;
        double d1 = a.Slope + b.Slope - 3 * (a.Value - b.Value) / (a.T - b.T), square = d1 * d1 - a.Slope * b.Slope;
        if (!(square >= 0) || !double.IsFinite(square)) return middle;
        double d2 = Math.Sign(width) * Math.Sqrt(square);
        double t = b.T - width * ((b.Slope + d2 - d1) / (b.Slope - a.Slope + 2 * d2));
        double share = (t - a.T) / width;
        return double.IsFinite(t) && share is > 0.1 and < 0.9 ? t : middle;
    }
}
