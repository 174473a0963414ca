using GpuStyle.Kernels;

namespace GpuStyle.Benchmarks;

public static partial class OperationCatalogue
{
    /// <summary>Matrices of m samples of N numbers, and m colors among n others.</summary>
    public static IEnumerable<OperationCase> Samples(int m, int n, int length)
    {
        Shape samples = IMatching.Samples(m, length), lengths = IMatching.Lengths(m), square = Shape.Matrix(m);
        double rows = 4.0 * m * length, all = 4.0 * m * m;
        yield return Product("with its own", samples, false, samples, true, false);
        yield return Product("turned, with itself", samples, true, samples, false, false);
        yield return Product("times a matrix", samples, false, Shape.Matrix(length), false, true);
        yield return Product("turned, times others turned", samples, true, new(1, n, m), true, true);
        foreach (bool flat in new[] { false, true })
        {
            string name = $"{square}{(flat ? ", flat" : "")}";
            // Products of rows that are all but the same.
            Tensor Products(CaseTensors t)
            {
                var products = t.InOut("products", square);
                if (flat) t.Device.Upload([.. Enumerable.Range(0, m * m).Select(i => 1 - i % 7 * 1e-6f)], products);
                return products;
            }
            yield return new($"Samples.Relate {name}", flat ? 0.1 : 1e-5, 3.0 * m * m, 2 * all, t =>
            {
                var products = Products(t);
                return () => t.Device.Samples.Relate(products);
            });
            yield return new($"Samples.CompareRelations {name}", flat ? 0.1 : 1e-5, 12.0 * m * m, 3 * all, t =>
            {
                var (products, target, sum) = (Products(t), t.Input("target", square), t.Sum("sum", 2));
                t.Device.Upload([.. CaseTensors.Values("target", square.Count, relu: false).Select(v => (1 + v) / m)], target);
                return () => t.Device.Samples.CompareRelations(products, target, 0.7, new(sum, 1));
            });
        }
        yield return new($"Samples.Deviate {Shape.Matrix(length)}", 1e-5, 3.0 * length * length, 12.0 * length * length, t =>
        {
            var (x, y, sum) = (t.InOut("values", Shape.Matrix(length)), t.Input("target", Shape.Matrix(length)), t.Sum("sum", 2));
            return () => t.Device.Samples.Deviate(x, y, 0.7, new(sum, 1));
        });
        foreach (bool second in new[] { false, true })
            yield return new($"Samples.TakeLarger {samples}, the {(second ? "second" : "first")}", 0, 0, 2 * rows, t =>
            {
                var (x, y, sums) = (t.InOut("first", samples), t.Input("second", samples), t.Sum("sums", 3));
                sums.Write([0, 2, second ? 4 : 3]);
                return () => t.Device.Samples.TakeLarger(x, new(sums, 1), 0.8, y, new(sums, 2), 0.5);
            });
        Shape colors = IMatching.Samples(m, 3), others = IMatching.Samples(n, 3);
        yield return new($"Samples.NearestColors {m} of {n}", 0, 20.0 * m * n, 12.0 * (m + n), t =>
        {
            var (a, b, nearest) = (t.Input("colors", colors, relu: true), t.Input("others", others, relu: true),
                t.Output("nearest", IMoments.Vector(m)));
            return () => t.Device.Samples.NearestColors(a, b, nearest);
        });
        foreach (bool ofOthers in new[] { false, true })
            yield return new($"Samples.PullColors {m} and {n}{(ofOthers ? ", of the others" : "")}", 1e-5, 40.0 * (ofOthers ? n : m),
                36.0 * m, t =>
            {
                var (a, b, g) = (t.Input("colors", colors, relu: true), t.Input("others", others, relu: true), t.InOut("gradient", colors));
                var (nearest, sum) = (t.Numbers("nearest", ofOthers ? n : m, ofOthers ? m : n), t.Sum("sum", 2));
                return () => t.Device.Samples.PullColors(a, b, nearest, ofOthers, 0.7, new(sum, 1), g);
            });
    }

    static OperationCase Product(string name, Shape left, bool leftTurned, Shape right, bool rightTurned, bool accumulate)
    {
        static (int Rows, int Columns) Turned(Shape s, bool turned) => turned ? (s.Width, s.Height) : (s.Height, s.Width);
        Shape result = new(1, Turned(left, leftTurned).Rows, Turned(right, rightTurned).Columns);
        double flops = 2.0 * result.Count * Turned(left, leftTurned).Columns;
        return new($"Samples.Multiply {left} {name}{(accumulate ? ", accumulated" : "")}", 1e-5, flops,
            4.0 * (left.Count + right.Count + result.Count), t =>
        {
            var (a, b) = (t.Input("left", left), t.Input("right", right));
            var to = accumulate ? t.InOut("result", result) : t.Output("result", result);
            return () => t.Device.Samples.Multiply(a, leftTurned, b, rightTurned, 0.7, to, accumulate);
        });
    }
}
