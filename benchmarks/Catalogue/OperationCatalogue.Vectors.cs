using GpuStyle.Kernels;

namespace GpuStyle.Benchmarks;

/// <summary>Operations on pictures and vectors: the optimisers', resampling, smoothing.</summary>
public static partial class OperationCatalogue
{
    /// <summary>The vector operations on a picture.</summary>
    public static IEnumerable<OperationCase> Vectors(Shape shape)
    {
        double n = shape.Count;
        yield return new($"Vectors.Fill {shape}", 0, 0, 4 * n, t =>
        {
            var x = t.Output("x", shape);
            return () => t.Device.Vectors.Fill(x, 3.5f);
        });
        yield return new($"Vectors.Copy {shape}", 0, 0, 8 * n, t =>
        {
            var (x, y) = (t.Input("x", shape), t.Output("y", shape));
            return () => t.Device.Vectors.Copy(x, y);
        });
        foreach (var (region, where) in Windows(shape))
        {
            var window = new Shape(shape.Channels, region.Height, region.Width);
            yield return new($"Vectors.Normalise {shape}{where}", 1e-6, 2 * n, 8 * n, t =>
            {
                var (x, y) = (t.Input("x", shape), t.Output("y", window));
                return () => t.Device.Vectors.Normalise(x, region.Corner, [0.5, -0.25, 2], [1, 1.25, 0.5], y);
            });
            yield return new($"Vectors.NormaliseGradient {shape}{where}", 1e-6, 2 * n, 12 * n, t =>
            {
                var (x, y) = (t.Input("x", window), t.InOut("y", shape));
                return () => t.Device.Vectors.NormaliseGradient(x, [1, 1.25, 0.5], y, region.Corner);
            });
        }
        yield return new($"Vectors.Dot {shape}", 1e-6, 14 * n, 32 * n, t =>
        {
            var (y, sums) = (t.Input("y", shape), t.Sum("sums", 9));
            Tensor[] vectors = [y, .. Enumerable.Range(0, 6).Select(i => t.Input($"x{i}", shape))];
            return () => t.Device.Vectors.Dot(vectors, y, sums, 1);
        });
        yield return new($"Vectors.Dot, packed {shape}", 1e-6, 14 * n, (8 + 5 * PackedBytes) * n, t =>
        {
            var (y, sums) = (t.Input("y", shape), t.Sum("sums", 9));
            Tensor[] vectors = [.. Packed(t, shape, 5), y];
            return () => t.Device.Vectors.Dot(vectors, y, sums, 1);
        });
        yield return new($"Vectors.Combine, packed {shape}", 1e-6, 14 * n, (12 + 5 * PackedBytes) * n, t =>
        {
            var destination = t.InOut("destination", shape);
            Tensor[] vectors = [.. Packed(t, shape, 5), t.Input("x", shape), destination];
            return () => t.Device.Vectors.Combine(vectors, [1, -0.5, 0.25, 2, -3, 1e-3, 0.1], destination);
        });
        foreach (int count in new[] { 1, 4, 5, 40 })
            foreach (bool packed in new[] { false, true })
            {
                string what = $"{count} {(packed ? "packed vectors" : "vectors")} in a ring {shape}";
                double bytes = (packed ? PackedBytes : 4) * count * n;
                yield return new($"Vectors.Dot, {what}", 1e-6, 2 * (count + 2) * n, bytes + 8 * n, t =>
                {
                    var (y, sums) = (t.Input("y", shape), t.Sum("sums", count + 5));
                    Tensor[] vectors = [.. Ring(t, shape, count, packed), y, .. Packed(t, shape, 1)];
                    return () => t.Device.Vectors.Dot(vectors, y, sums, 1);
                });
                yield return new($"Vectors.Combine, {what}", 1e-6, 2 * (count + 2) * n, bytes + 8 * n, t =>
                {
                    var (x, destination) = (t.Input("x", shape), t.Output("destination", shape));
                    Tensor[] vectors = [.. Ring(t, shape, count, packed), x];
                    double[] coefficients = [.. Enumerable.Range(0, vectors.Length).Select(i => 0.3 * i - 2)];
                    return () => t.Device.Vectors.Combine(vectors, coefficients, destination);
                });
            }
        // One of the vectors is the destination, in the middle of the others' memory; two are beside it.
        yield return new($"Vectors.Combine, within a ring {shape}", 1e-6, 18 * n, 32 * n, t =>
        {
            var result = t.Output("result", shape);
            Tensor[] ring = Ring(t, shape, 5, packed: false), another = Ring(t, shape, 6, packed: true);
            Tensor[] vectors = [.. ring, t.Input("x", shape), t.Input("y", shape), .. another];
            double[] coefficients = [.. Enumerable.Range(0, vectors.Length).Select(i => 0.3 * i - 2)];
            return () =>
            {
                t.Device.Vectors.Combine(vectors, coefficients, vectors[2]);
                t.Device.Vectors.Copy(vectors[2], result);
            };
        });
        // The same rounding everywhere, bit for bit.
        yield return new($"Vectors.Pack {shape}", 0, 0, (8 + 2 * PackedBytes) * n, t =>
        {
            var (x, y) = (t.Input("x", shape), t.Output("y", shape));
            var packed = t.Own(t.Device.AllocatePacked(shape));
            return () =>
            {
                t.Device.Vectors.Pack(x, packed);
                t.Device.Vectors.Combine([packed], [1], y);
            };
        });
        yield return new($"Vectors.SumOfAbsolutes {shape}", 1e-6, n, 4 * n, t =>
        {
            var (x, sums) = (t.Input("x", shape), t.Sum("sums", 2));
            return () => t.Device.Vectors.SumOfAbsolutes(x, new(sums, 1));
        });
        yield return new($"Vectors.Combine {shape}", 1e-6, 14 * n, 36 * n, t =>
        {
            var destination = t.InOut("destination", shape);
            Tensor[] vectors = [destination, .. Enumerable.Range(0, 6).Select(i => t.Input($"x{i}", shape))];
            return () => t.Device.Vectors.Combine(vectors, [1, -0.5, 0.25, 2, -3, 1e-3, 0.1], destination);
        });
        yield return new($"Vectors.Adam {shape}", 2e-6, 12 * n, 28 * n, t =>
        {
            var (x, g, m) = (t.InOut("x", shape), t.Input("g", shape), t.InOut("m", shape));
            var v = t.InOut("v", shape);
            t.Device.Upload(CaseTensors.Values("v", shape.Count, relu: true), v);
            return () => t.Device.Vectors.Adam(x, g, m, v, new(10, 0.9, 0.999, 1e-8, 3));
        });
    }

    /// <summary>Windows inside a picture, and of its repetition: around it, and beside it, several times as large.</summary>
    static IEnumerable<(Region Window, string Where)> Windows(Shape shape)
    {
        foreach (var region in Regions(shape)) yield return (region, region.Covers(shape) ? "" : ", part");
        yield return (new(-5, -3, shape.Height + 9, shape.Width + 8), ", around");
        yield return (new(2 * shape.Height + 1, -4 * shape.Width - 1, 2 * shape.Height + 3, shape.Width + 1), ", repeated");
        if (shape is { Height: > 4, Width: > 4 }) yield return (new(shape.Height - 2, -1, 4, 3), ", corner");
    }

    /// <summary>Bytes of a packed value, with its share of a scale.</summary>
    const double PackedBytes = 1 + 4.0 / 64;

    static IEnumerable<Tensor> Packed(CaseTensors tensors, Shape shape, int count)
    {
        for (int i = 0; i < count; i++)
        {
            var packed = tensors.Own(tensors.Device.AllocatePacked(shape));
            tensors.Device.Vectors.Pack(tensors.Input($"x{i}", shape), packed);
            yield return packed;
        }
    }

    /// <summary>
    /// Vectors that are allocated together: first those of a ring that has gone round, so that its oldest is in its third place and
    /// its newest before that. Behind them the one of the same memory that lies before the ring, which is 0.
    /// </summary>
    static Tensor[] Ring(CaseTensors tensors, Shape shape, int count, bool packed)
    {
        var together = tensors.Own(tensors.Device.AllocateTogether(shape, count + 2, packed));
        Tensor[] ring = [.. Enumerable.Range(2, count).Select(i => together[1 + i % count])];
        for (int i = 0; i < count; i++)
        {
            var values = tensors.Input($"ring{i}", shape);
            if (packed) tensors.Device.Vectors.Pack(values, ring[i]);
            else tensors.Device.Vectors.Copy(values, ring[i]);
        }
        return [.. ring, together[0]];
    }

    /// <summary>The ReLU mask.</summary>
    public static OperationCase MaskByRelu(Shape shape) => new($"Vectors.MaskByRelu {shape}", 0, shape.Count, 12.0 * shape.Count, t =>
    {
        var (a, g) = (t.Input("activation", shape, relu: true), t.InOut("gradient", shape));
        return () => t.Device.Vectors.MaskByRelu(a, g);
    });

    /// <summary>A part of a tensor on its own, and the whole.</summary>
    public static IEnumerable<OperationCase> CopyPart(Shape shape) => Regions(shape).Select(part =>
        new OperationCase($"Vectors.CopyPart {shape}{(part.Covers(shape) ? "" : ", part")}", 0, 0, 8.0 * part.Of(shape).Count, t =>
        {
            var (x, y) = (t.Input("x", shape), t.Output("y", part.Of(shape)));
            return () => t.Device.Vectors.CopyPart(x, part, y);
        }));

    /// <summary>Enlarging and reducing a picture, which may wrap around.</summary>
    public static IEnumerable<OperationCase> Resampling(Shape shape) =>
        from to in new[]
        {
            shape with { Height = 2 * shape.Height, Width = 2 * shape.Width + 1 },
            shape with { Height = (shape.Height + 2) / 3, Width = (shape.Width + 1) / 2 },
        }
        from wrap in new[] { false, true }
        select new OperationCase($"Resampling.Resize {shape} to {to}{Wrapped(wrap)}", 1e-5, 16.0 * to.Count,
            4.0 * (shape.Count + to.Count), t =>
        {
            var (x, y) = (t.Input("x", shape), t.Output("y", to));
            return () => t.Device.Resampling.Resize(x, y, wrap);
        });

    /// <summary>Steps of a smoothing pyramid of a picture that may wrap around, and mixing of colours.</summary>
    public static IEnumerable<OperationCase> Smoothing(Shape fine)
    {
        var coarse = ISmoothing.Half(fine);
        foreach (bool wrap in new[] { false, true })
        {
            yield return new($"Smoothing.Halve {fine}{Wrapped(wrap)}", 1e-5, 32.0 * coarse.Count, 4.0 * (fine.Count + coarse.Count), t =>
            {
                var (x, y) = (t.Input("fine", fine), t.Output("coarse", coarse));
                return () => t.Device.Smoothing.Halve(x, y, wrap);
            });
            yield return new($"Smoothing.Spread {fine}{Wrapped(wrap)}", 1e-5, 8.0 * fine.Count, 4.0 * (2 * fine.Count + coarse.Count), t =>
            {
                var (x, y) = (t.Input("coarse", coarse), t.InOut("fine", fine));
                return () => t.Device.Smoothing.Spread(x, 0.7f, y, wrap);
            });
        }
        if (fine.Channels != 3) yield break;
        yield return new($"Smoothing.MixChannels {fine}", 1e-5, 10.0 * fine.Count, 16.0 * fine.Count, t =>
        {
            var (x, matrices, mixed) = (t.InOut("picture", fine), t.Input("matrices", new(1, 3, 9)), t.Output("mixed", fine));
            return () =>
            {
                t.Device.Smoothing.MixChannels(x, matrices, 2, mixed);
                t.Device.Smoothing.MixChannels(x, matrices, 1, x);
            };
        });
        yield return new($"Smoothing.SumProducts {fine}", 1e-5, 4.0 * fine.Count, 4.0 * fine.Count, t =>
        {
            var (x, sums) = (t.Input("picture", fine), t.Sum("sums", 7));
            return () => t.Device.Smoothing.SumProducts(x, sums, 1);
        });
    }

    /// <summary>Every definition of total variation, of a picture that may wrap around.</summary>
    public static IEnumerable<OperationCase> TotalVariation(Shape shape) =>
        from kind in Enum.GetValues<TotalVariationKind>()
        from wrap in new[] { false, true }
        select new OperationCase($"TotalVariation {kind} {shape}{Wrapped(wrap)}", 1e-5, 6.0 * shape.Count, 12.0 * shape.Count, t =>
        {
            var (x, value, gradient) = (t.Input("x", shape), t.Sum("value", 2), t.InOut("gradient", shape));
            var pairs = kind == TotalVariationKind.EdgeAware ? t.Input("pairs", shape with { Channels = 2 }, relu: true) : null;
            return () => t.Device.TotalVariation.Evaluate(kind, x, new(value, 1), gradient, 0.7f, pairs, wrap);
        });

    static string Wrapped(bool wrap) => wrap ? ", wrapped" : "";
}
