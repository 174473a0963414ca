using GpuStyle.Kernels;

namespace GpuStyle.Benchmarks;

/// <summary>
/// Every operation of the seam on awkward shapes (1, 31, 33, odd sizes, channels that fill no tile). Tolerances: float32
/// sums of n terms of like size err by about sqrt(n) 6e-8 of the sum's scale; each entry allows some ten times that, and
/// elementwise operations 1e-6.
/// </summary>
public static partial class OperationCatalogue
{
    /// <summary>Shapes small enough for ILGPU's CPU accelerator.</summary>
    public static IEnumerable<OperationCase> Tiny() => All(
        maps: [new(3, 5, 7), new(16, 4, 4), new(20, 3, 9)],
        pictures: [new(3, 1, 1), new(3, 7, 5)],
        convolutions: [(3, 8, 5, 6), (16, 16, 4, 7), (5, 20, 3, 3)]);

    /// <summary>Every operation, on one shape each: for engines that take a thousand times as long as others.</summary>
    public static IEnumerable<OperationCase> Tiniest() => All(
        maps: [new(20, 3, 9)],
        pictures: [new(3, 7, 5)],
        convolutions: [(5, 20, 3, 3)]);

    /// <summary>Shapes that meet every edge of every tile.</summary>
    public static IEnumerable<OperationCase> Awkward() =>
    [
        .. All(
            maps: [new(64, 1, 1), new(64, 31, 33), new(128, 17, 16), new(33, 12, 25), new(1, 33, 31), new(512, 4, 5)],
            pictures: [new(3, 1, 1), new(3, 1, 33), new(3, 31, 17), new(3, 64, 48)],
            convolutions: [(3, 64, 1, 1), (3, 64, 33, 31), (64, 64, 31, 33), (64, 128, 16, 17), (33, 31, 12, 13), (1, 1, 5, 4), (128, 64, 2, 50), (256, 512, 5, 3), (512, 512, 1, 2)]),
        // Rows that fill several tiles of those that are compared at once.
        .. Matching(300, 141, new(20, 9, 13)),
    ];

    /// <summary>
    /// What one evaluation with VGG-19 up to relu5_1 runs on a square picture, each shape once: for benchmarks.
    /// </summary>
    public static IEnumerable<OperationCase> Vgg(int size)
    {
        Shape picture = new(3, size, size);
        (int C, int K, int Stage)[] layers = [(3, 64, 0), (64, 64, 0), (64, 128, 1), (128, 128, 1), (128, 256, 2), (256, 256, 2), (256, 512, 3), (512, 512, 3), (512, 512, 4)];
        Shape[] taps = [.. layers.DistinctBy(l => l.Stage).Select(l => new Shape(l.K, size >> l.Stage, size >> l.Stage))];
        return
        [
            .. layers.SelectMany(l => Convolution(l.C, l.K, size >> l.Stage, size >> l.Stage)),
            .. taps.SkipLast(1).SelectMany(Pooling),
            .. taps.SelectMany(Gram),
            .. taps.SelectMany(Moments),
            .. taps.SkipLast(1).SelectMany(t => Matching(64 * 64, 64 * 64, t)),
            .. Samples(1024, 5000, 2179),
            .. taps.Select(t => t.Channels).Distinct().SelectMany(Matrices),
            .. SquaredError(taps[3]),
            .. taps.Select(t => Shape.Matrix(t.Channels)).Distinct().SelectMany(SquaredError),
            .. TotalVariation(picture),
            .. Vectors(picture),
            .. taps.Select(MaskByRelu),
            .. Resampling(picture),
            .. Smoothing(picture),
        ];
    }

    static IEnumerable<OperationCase> All(Shape[] maps, Shape[] pictures, (int C, int K, int H, int W)[] convolutions) =>
    [
        .. convolutions.SelectMany(s => Convolution(s.C, s.K, s.H, s.W)),
        .. maps.Where(s => s is { Height: > 1, Width: > 1 }).SelectMany(Pooling),
        .. maps.SelectMany(Gram),
        .. maps.SelectMany(Moments),
        .. maps.SelectMany(s => Matching(70, 33, s)),
        .. maps.Select(s => s.Channels).Distinct().SelectMany(c => Samples(70, 33, c)),
        // Orders of which the reference finds eigenvalues in no time.
        .. maps.Select(s => s.Channels).Where(c => c is > 1 and <= 64).Distinct().SelectMany(Matrices),
        .. maps.SelectMany(SquaredError),
        .. pictures.SelectMany(TotalVariation),
        .. pictures.SelectMany(Vectors),
        .. maps.Select(MaskByRelu),
        .. maps.Concat(pictures).SelectMany(CopyPart),
        .. pictures.SelectMany(Resampling),
        .. pictures.SelectMany(Smoothing),
    ];

    /// <summary>Convolution in both directions on a C x H x W input with K outputs.</summary>
    public static IEnumerable<OperationCase> Convolution(int c, int k, int h, int w)
    {
        Shape input = new(c, h, w), output = new(k, h, w);
        double flops = 18.0 * c * k * h * w, bytes = 4.0 * (input.Count + output.Count + 9.0 * c * k), tolerance = 1e-5;
        Filter Filter(CaseTensors t) => t.Own(t.Device.Convolution.Prepare(k, c, CaseTensors.Values("kernel", 9L * c * k, false), CaseTensors.Values("bias", k, false)));
        yield return new($"Convolution.Forward {input} to {k}", tolerance, flops, bytes, t =>
        {
            var (filter, x, y) = (Filter(t), t.Input("x", input), t.Output("y", output));
            return () => t.Device.Convolution.Forward(filter, x, y);
        });
        // Odd heights: averages of the whole; even ones: the largest, and a part.
        bool odd = h % 2 != 0, pools = h > 1 && w > 1;
        var kind = odd ? PoolingKind.Average : PoolingKind.Max;
        var region = pools ? Regions(IPooling.Output(output)).ElementAt(odd ? 0 : ^1) : default;
        if (pools)
            yield return new($"Convolution.Forward {input} to {k}, {kind} pooling", tolerance, flops, bytes + 4.0 * region.Of(output).Count, t =>
            {
                var (filter, x, y, pooled) = (Filter(t), t.Input("x", input), t.Output("y", output), t.Output("pooled", region.Of(output)));
                return () => t.Device.Convolution.Forward(filter, x, y, new PooledMap(kind, pooled, region.Corner));
            });
        foreach (bool masked in new[] { false, true })
            foreach (bool accumulate in new[] { false, true })
                yield return new($"Convolution.Gradient {output} to {c}{(masked ? ", masked" : "")}{(accumulate ? ", accumulated" : "")}", tolerance, flops, bytes, t =>
                {
                    var (filter, dy, mask) = (Filter(t), t.Input("dy", output), masked ? t.Input("activation", input, relu: true) : null);
                    var dx = accumulate ? t.InOut("dx", input) : t.Output("dx", input);
                    return () => t.Device.Convolution.Gradient(filter, dy, dx, mask, accumulate);
                });
        yield return new($"Convolution.Gradient {output} to {c}, masked, in place", tolerance, flops, bytes, t =>
        {
            var (filter, dy, x) = (Filter(t), t.Input("dy", output), t.InOut("activation", input, relu: true));
            return () => t.Device.Convolution.Gradient(filter, dy, x, x, accumulate: false);
        });
        if (pools)
            yield return new($"Convolution.Gradient {output} to {c}, Average pooling, masked, accumulated", tolerance, flops, bytes, t =>
            {
                var (filter, dy, mask, dx) = (Filter(t), t.Input("dy", region.Of(output)), t.Input("activation", input, relu: true), t.InOut("dx", input));
                // Its values are lost, in whatever way.
                var y = t.Own(t.Device.AllocateBeforePooling(output, c, PoolingKind.Average));
                FarFromZero(t, y, region);
                return () => t.Device.Convolution.Gradient(filter, y, dx, mask, accumulate: true, new PooledMap(PoolingKind.Average, dy,
                    region.Corner));
            });
    }

    /// <summary>
    /// Writes a convolution's output that is positive in some places and 0 in the others, whatever the rounding: each channel is one of the input's, whose values are a tenth at least.
    /// </summary>
    static void FarFromZero(CaseTensors t, Tensor y, Region region)
    {
        int k = y.Shape.Channels;
        var kernel = new float[9 * k * k];
        for (int i = 0; i < k; i++) kernel[9 * (i * k + i) + 4] = 1;
        var filter = t.Own(t.Device.Convolution.Prepare(k, k, kernel, new float[k]));
        var x = t.Own(t.Device.Allocate(y.Shape, [.. CaseTensors.Values("y", y.Shape.Count, false).Select(v => v + (v < 0 ? -0.1f : 0.1f))]));
        var pooled = t.Own(t.Device.Allocate(region.Of(y.Shape)));
        t.Device.Convolution.Forward(filter, x, y, new PooledMap(PoolingKind.Average, pooled, region.Corner));
    }

    /// <summary>Both poolings in both directions, the whole map and a part of it.</summary>
    public static IEnumerable<OperationCase> Pooling(Shape input)
    {
        foreach (var kind in Enum.GetValues<PoolingKind>())
            foreach (var region in Regions(IPooling.Output(input)))
            {
                var output = new Shape(input.Channels, region.Height, region.Width);
                string where = region.Covers(IPooling.Output(input)) ? "" : ", part";
                yield return new($"Pooling.Forward {kind} {input}{where}", 1e-6, 4.0 * output.Count, 5.0 * 4 * output.Count, t =>
                {
                    var (x, y) = (t.Input("x", input, relu: true), t.Output("y", output));
                    return () => t.Device.Pooling.Forward(kind, x, y, region.Corner);
                });
                foreach (bool accumulate in new[] { false, true })
                    yield return new($"Pooling.Gradient {kind} {input}{where}{(accumulate ? ", accumulated" : "")}", 1e-6, 4.0 * output.Count, 9.0 * 4 * output.Count, t =>
                    {
                        var (x, dy) = (t.Input("x", input, relu: true), t.Input("dy", output));
                        var dx = accumulate ? t.InOut("dx", input) : t.Output("dx", input);
                        return () => t.Device.Pooling.Gradient(kind, x, dy, dx, accumulate, region.Corner);
                    });
                yield return new($"Pooling.Gradient {kind} {input}{where}, in place", 1e-6, 4.0 * output.Count, 9.0 * 4 * output.Count, t =>
                {
                    var (x, dy) = (t.InOut("x", input, relu: true), t.Input("dy", output));
                    return () => t.Device.Pooling.Gradient(kind, x, dy, x, accumulate: false, region.Corner);
                });
            }
    }

    /// <summary>Gram matrix and its gradient, over everything and over a part.</summary>
    public static IEnumerable<OperationCase> Gram(Shape shape)
    {
        double flops = 2.0 * shape.Channels * shape.Count, bytes = 4.0 * (shape.Count + (double)shape.Channels * shape.Channels);
        foreach (var region in Regions(shape))
        {
            string where = region.Covers(shape) ? "" : ", part";
            yield return new($"Gram.Accumulate {shape}{where}", 1e-5, flops, bytes, t =>
            {
                var (f, g) = (t.Input("features", shape, relu: true), t.InOut("gram", Shape.Matrix(shape.Channels)));
                return () => t.Device.Gram.Accumulate(f, region, g);
            });
            foreach (bool accumulate in new[] { false, true })
                yield return new($"Gram.Gradient {shape}{where}{(accumulate ? ", accumulated" : "")}", 1e-5, flops, bytes + 4.0 * shape.Count, t =>
                {
                    var (f, d) = (t.Input("features", shape, relu: true), t.SymmetricInput("matrix", shape.Channels));
                    var df = accumulate ? t.InOut("gradient", shape) : t.Output("gradient", shape);
                    return () => t.Device.Gram.Gradient(f, region, d, df, accumulate);
                });
        }
    }

    /// <summary>Moments with and without weights, over everything and over a part, and deviations against their target.</summary>
    public static IEnumerable<OperationCase> Moments(Shape shape)
    {
        double n = shape.Count, matrix = 4.0 * shape.Channels * shape.Channels;
        Shape plane = shape with { Channels = 1 }, vector = IMoments.Vector(shape.Channels);
        foreach (var region in Regions(shape))
        {
            string where = region.Covers(shape) ? "" : ", part";
            foreach (bool weighted in new[] { false, true })
            {
                Tensor? Weights(CaseTensors t) => weighted ? t.Input("weights", plane) : null;
                yield return new($"Moments.Accumulate {shape}{where}{(weighted ? ", weighted" : "")}", 1e-5, 2 * n, 4 * n, t =>
                {
                    var (f, w, sums) = (t.Input("features", shape, relu: true), Weights(t), t.InOut("sums", vector));
                    return () => t.Device.Moments.Accumulate(f, w, region, sums);
                });
                yield return new($"Moments.Spread {shape}{where}{(weighted ? ", weighted" : "")}", 1e-6, 2 * n, 8 * n, t =>
                {
                    var (v, w, to) = (t.Input("vector", vector), Weights(t), t.InOut("result", shape));
                    return () => t.Device.Moments.Spread(v, w, region, to);
                });
            }
            foreach (bool accumulate in new[] { false, true })
                yield return new($"Moments.Scale {shape}{where}{(accumulate ? ", accumulated" : "")}", 1e-6, n, 8 * n, t =>
                {
                    var (x, w) = (t.Input("x", shape), t.Input("weights", plane));
                    var to = accumulate ? t.InOut("result", shape) : t.Output("result", shape);
                    return () => t.Device.Moments.Scale(x, w, region, to, accumulate);
                });
        }
        foreach (bool accumulate in new[] { false, true })
            yield return new($"Moments.Divide {shape}{(accumulate ? ", accumulated" : "")}", 1e-5, n, 8 * n, t =>
            {
                var (x, sums) = (t.Input("x", shape), t.Sum("sums", 2));
                var to = accumulate ? t.InOut("result", shape) : t.Output("result", shape);
                return () =>
                {
                    t.Device.Vectors.SumOfAbsolutes(x, new(sums, 1));
                    t.Device.Moments.Divide(x, 0.7 * n, new(sums, 1), to, accumulate);
                };
            });
        // Variances far from 0, where float32 would not know them.
        yield return new($"Moments.DeviationError {shape.Channels}", 1e-5, 0, matrix, t =>
        {
            var (gram, sums, target) = (t.PositiveInput("gram", shape.Channels), t.Input("sums", vector), t.Input("target", vector, relu: true));
            var (to, v, value) = (t.InOut("matrix", gram.Shape), t.InOut("vector", vector), t.Sum("value", 2));
            return () => t.Device.Moments.DeviationError(gram, sums, 1.5, target, new(value, 1), 0.7, to, v, -1.3);
        });
    }

    /// <summary>Samples of a map in m rows, and their neighbors among n others.</summary>
    public static IEnumerable<OperationCase> Matching(int m, int n, Shape shape)
    {
        int length = shape.Channels;
        Shape samples = IMatching.Samples(m, length), others = IMatching.Samples(n, length), wide = IMatching.Samples(m, length + 3);
        double rows = 4.0 * m * length, products = 2.0 * m * n * length;
        foreach (bool between in new[] { false, true })
        {
            string name = $"{m} of {shape}{(between ? ", between positions" : "")}";
            // Rows in disorder, places that several have in common, and some beyond the edge.
            SampleMap Map(CaseTensors t) => new(t.Own(new TensorList(t.Device)), shape.Height, shape.Width,
                [.. Enumerable.Range(0, m).Select(i => between
                ? new SamplePoint(m - 1 - i, i * 0.37f % (shape.Height + 0.5f) - 0.25f, i * 0.73f % shape.Width)
                : new SamplePoint(m - 1 - i, i * 7 % shape.Height, i * 5 % shape.Width))]);
            yield return new($"Matching.Gather {name}", 1e-6, 0, 2 * rows, t =>
            {
                var (f, map, to) = (t.Input("features", shape, relu: true), Map(t), t.InOut("samples", wide));
                return () => t.Device.Matching.Gather(f, map, to, 2);
            });
            yield return new($"Matching.Gather {name}, accumulated", 1e-6, 0, 3 * rows, t =>
            {
                var (f, map, to) = (t.Input("features", shape, relu: true), Map(t), t.InOut("samples", wide));
                return () => t.Device.Matching.Gather(f, map, to, 2, accumulate: true);
            });
            yield return new($"Matching.Scatter {name}", 1e-5, 0, 3 * rows, t =>
            {
                var (from, map, f) = (t.Input("samples", wide), Map(t), t.InOut("features", shape));
                return () => t.Device.Matching.Scatter(from, 2, map, f);
            });
        }
        yield return new($"Matching.Center {samples}", 1e-5, 4.0 * m * length, 2 * rows, t =>
        {
            var (x, lengths) = (t.InOut("samples", samples, relu: true), t.Output("lengths", IMatching.Lengths(m)));
            return () => t.Device.Matching.Center(x, lengths);
        });
        // Rows that are all but the same are divided by what is larger than their length. What is left of them has lost the mean's digits.
        yield return new($"Matching.Center {samples}, flat", 3e-4, 4.0 * m * length, 2 * rows, t =>
        {
            var x = t.InOut("samples", samples);
            t.Device.Upload([.. Enumerable.Range(0, m * length).Select(i => 1 + i * 31 % 7 / 8192f)], x);
            var lengths = t.Output("lengths", IMatching.Lengths(m));
            return () => t.Device.Matching.Center(x, lengths);
        });
        yield return new($"Matching.CenterGradient {samples}", 1e-5, 4.0 * m * length, 4 * rows, t =>
        {
            var (z, lengths, g) = (t.Input("samples", samples), t.Input("lengths", IMatching.Lengths(m)), t.InOut("gradient", samples));
            t.Device.Upload([.. Enumerable.Range(0, 2 * m).Select(i => i < m ? 1 + i % 5 : i % 3 == 0 ? 0f : 1)], lengths);
            return () => t.Device.Matching.CenterGradient(z, lengths, g);
        });
        // A row that is all but 0 keeps its direction, not its length.
        yield return new($"Matching.Normalize {samples}", 1e-5, 3.0 * m * length, 2 * rows, t =>
        {
            var (x, lengths) = (t.InOut("samples", samples), t.Output("lengths", IMatching.Lengths(m)));
            float[] values = t.Device.Download(x);
            values.AsSpan(length, length).Fill(1e-6f);
            t.Device.Upload(values, x);
            return () => t.Device.Matching.Normalize(x, lengths);
        });
        yield return new($"Matching.NormalizeGradient {samples}", 1e-5, 4.0 * m * length, 4 * rows, t =>
        {
            var (z, lengths, g) = (t.Input("samples", samples), t.Input("lengths", IMatching.Lengths(m)), t.InOut("gradient", samples));
            t.Device.Upload([.. Enumerable.Range(0, 2 * m).Select(i => i < m ? 1 + i % 5 : i % 3 == 0 ? 0f : 1)], lengths);
            return () => t.Device.Matching.NormalizeGradient(z, lengths, g);
        });
        // With one number a row all rows of a sign have the same neighbor, but for rounding; with more the best is best by far.
        foreach (bool both in new[] { false, true })
            yield return new($"Matching.Match {samples} and {n}{(both ? "" : ", one way")}", 0, products, rows + 4.0 * n * length, t =>
            {
                var (a, b) = (t.Input("samples", samples), t.Input("others", others));
                var (nearest, back) = (both ? t.Output("nearest", IMoments.Vector(m)) : null, t.Output("back", IMoments.Vector(n)));
                return () => t.Device.Matching.Match(a, b, nearest, back);
            });
        // Whole numbers, whose sums are exact, in seven different rows.
        yield return new($"Matching.Match {samples} and {n}, of equal products", 0, products, rows + 4.0 * n * length, t =>
        {
            var (a, b) = (t.Input("samples", samples), t.Input("others", others));
            foreach (var x in new[] { a, b })
                t.Device.Upload([.. Enumerable.Range(0, (int)x.Shape.Count).Select(i => i / length * 5 % 7 * (i % length + 3) % 7 - 3f)], x);
            var (nearest, back) = (t.Output("nearest", IMoments.Vector(m)), t.Output("back", IMoments.Vector(n)));
            return () => t.Device.Matching.Match(a, b, nearest, back);
        });
        foreach (bool plain in new[] { false, true })
            yield return new($"Matching.Pull {samples} to {(plain ? "its own" : n)}", 1e-5, 4.0 * m * length, 3 * rows, t =>
            {
                var (a, b, g) = (t.Input("samples", samples), t.Input("targets", plain ? samples : others), t.InOut("gradient", samples));
                var nearest = plain ? null : t.Numbers("nearest", m, n);
                var weights = plain ? null : t.Input("weights", IMoments.Vector(m), relu: true);
                var sum = t.Sum("sum", 2);
                return () => t.Device.Matching.Pull(a, b, nearest, weights, 0.7, new(sum, 1), g);
            });
        yield return new($"Matching.Cover {others} by {m}", 1e-5, 4.0 * n * length, 12.0 * n * length, t =>
        {
            var (a, b, g) = (t.Input("samples", samples), t.Input("others", others), t.InOut("gradient", samples));
            var (nearest, sum) = (t.Numbers("nearest", n, m), t.Sum("sum", 2));
            return () => t.Device.Matching.Cover(a, b, nearest, 0.7, new(sum, 1), g);
        });
    }

    /// <summary>Arithmetic of matrices of one order.</summary>
    public static IEnumerable<OperationCase> Matrices(int order)
    {
        double n = order;
        Shape matrix = Shape.Matrix(order), vector = IMoments.Vector(order);
        foreach (bool ranked in new[] { false, true })
            yield return new($"Matrices.Combine {order}{(ranked ? ", with a vector" : "")}", 1e-6, 4 * n * n, 8 * n * n, t =>
            {
                var (a, v, to) = (t.Input("a", matrix), ranked ? t.Input("v", vector) : null, t.Output("result", matrix));
                return () => t.Device.Matrices.Combine(a, 0.75, v, -1.5, 0.5, to);
            });
        yield return new($"Matrices.Multiply {order}", 1e-5, 2 * n * n * n, 12 * n * n, t =>
        {
            var (a, b, to) = (t.Input("a", matrix), t.Input("b", matrix), t.Output("result", matrix));
            return () => t.Device.Matrices.Multiply(a, b, 0.75, -1.5, to);
        });
        foreach (bool accumulate in new[] { false, true })
            yield return new($"Matrices.Apply {order}{(accumulate ? ", accumulated" : "")}", 1e-5, 2 * n * n, 4 * n * n, t =>
            {
                var (a, v, to) = (t.Input("a", matrix), t.Input("v", vector), accumulate ? t.InOut("result", vector) : t.Output("result", vector));
                return () => t.Device.Matrices.Apply(a, v, 0.75, to, accumulate);
            });
        yield return new($"Matrices.Trace {order}", 1e-5, n, 4 * n, t =>
        {
            var (a, sums) = (t.PositiveInput("a", order), t.Sum("sums", 2));
            return () => t.Device.Matrices.Trace(a, 0.75, new(sums, 1));
        });
        // The eigenvalues lie between 1 and about 5. Forty products, whose errors the later steps correct.
        yield return new($"Matrices.SquareRoot {order}", 5e-5, 80 * n * n * n, 12 * n * n, t =>
        {
            var (a, root, inverse) = (t.PositiveInput("a", order), t.Output("root", matrix), t.Output("inverse", matrix));
            return () => t.Device.Matrices.SquareRoot(a, root, inverse);
        });
    }

    /// <summary>Squared error with and without a gradient, over everything and over a part.</summary>
    public static IEnumerable<OperationCase> SquaredError(Shape shape)
    {
        foreach (var region in Regions(shape))
            foreach (bool? accumulate in new bool?[] { null, false, true })
            {
                string name = $"SquaredError {shape}{(region.Covers(shape) ? "" : ", part")}{accumulate switch { null => ", value alone", true => ", accumulated", _ => "" }}";
                yield return new(name, 1e-5, 4.0 * shape.Count, 12.0 * shape.Count, t =>
                {
                    var (x, target, value) = (t.Input("x", shape), t.Input("target", region.Of(shape)), t.Sum("value", 3));
                    var gradient = accumulate switch { null => null, true => t.InOut("gradient", shape), _ => t.Output("gradient", shape) };
                    return () => t.Device.SquaredError.Evaluate(x, 0.75f, target, region, new(value, 1), gradient, -1.5f, accumulate ?? false);
                });
            }
    }

    static IEnumerable<Region> Regions(Shape s)
    {
        yield return Region.All(s);
        if (s is { Height: > 2, Width: > 2 }) yield return new(1, 2, s.Height - 2, s.Width - 2);
    }
}
