namespace GpuStyle.Kernels;

/// <summary>
/// Elementwise operations over tensors as flat memory, border included: zeros stay zeros in all of them but Fill. An item is
/// a chunk of fixed size; sums have one double-precision partial for each chunk (scratch), added in order.
/// </summary>
internal sealed unsafe partial class SimdVectors(SimdDevice device) : IVectors
{
    /// <summary>Floats in a chunk: with its double-precision sums it fits the first-level cache.</summary>
    const int Chunk = 2048;

    /// <summary>Chunks of a size that a number of floats makes.</summary>
    public static int Chunks(nint floats, int chunk) => checked((int)((floats + chunk - 1) / chunk));

    public void Fill(Tensor x, float value)
    {
        var values = x.Simd();
        device.Run(new FillJob(values.Data, value, x.Shape, values.Lanes, values.Border), values.Groups * values.Rows);
    }

    public void Copy(Tensor source, Tensor destination)
    {
        var (from, to) = Pair(source, destination);
        device.Run(new CopyJob(from.Data, to.Data, to.Floats), Chunks(to.Floats, Chunk));
    }

    public void CopyPart(Tensor source, Region part, Tensor destination)
    {
        IVectors.CheckPart(source, part, destination);
        var (from, to) = (source.Simd(), destination.Simd());
        SimdBorder.Clear(device, to);
        device.Run(new CopyPartJob(from.Pixel(0) + part.Top * from.RowFloats + part.Left * from.Lanes, from.GroupFloats, from.RowFloats, to.Pixel(0), to.GroupFloats, to.RowFloats, part.Height, part.Width * to.Lanes),
            to.Groups * part.Height);
    }

    public void Pack(Tensor source, Tensor packed)
    {
        IVectors.CheckPacked(source, packed);
        var from = source.Simd();
        device.Run(new PackJob(from.Data, new(((SimdTensor)packed).Data, from.Floats, packed: true)), Chunks(from.Floats, Chunk));
    }

    public void Normalise(Tensor picture, Corner corner, ReadOnlySpan<double> mean, ReadOnlySpan<double> scale, Tensor window)
    {
        corner = IVectors.Check(window, picture, corner, scale);
        var (from, to) = (picture.Simd(), window.Simd());
        float* constants = stackalloc float[2 * scale.Length];
        for (int c = 0; c < scale.Length; c++) (constants[2 * c], constants[2 * c + 1]) = ((float)mean[c], (float)scale[c]);
        device.Run(new NormaliseJob(from.Data, from.Shape, corner, constants, to.Data, to.Shape), to.Shape.Channels * to.Shape.Height);
    }

    public void NormaliseGradient(Tensor window, ReadOnlySpan<double> scale, Tensor picture, Corner corner)
    {
        corner = IVectors.Check(window, picture, corner, scale);
        var (from, to) = (window.Simd(), picture.Simd());
        float* factors = stackalloc float[scale.Length];
        for (int c = 0; c < scale.Length; c++) factors[c] = (float)scale[c];
        device.Run(new NormaliseGradientJob(from.Data, from.Shape, factors, to.Data, to.Shape, corner), from.Shape.Channels * Math.Min(from.Shape.Height, to.Shape.Height));
    }

    public void MaskByRelu(Tensor activation, Tensor gradient)
    {
        var (a, g) = Pair(activation, gradient);
        device.Run(new MaskJob(a.Data, g.Data, g.Floats), Chunks(g.Floats, Chunk));
    }

    public void Dot(IReadOnlyList<Tensor> vectors, Tensor y, Scalars sums, int first)
    {
        var b = y.Simd();
        int chunks = Chunks(b.Floats, Chunk), count = vectors.Count;
        double* partials = device.Partials((long)chunks * count);
        device.Run(new DotJob(Sources(vectors, b), count, b.Data, b.Floats, partials, chunks), chunks);
        for (int v = 0; v < count; v++) new ScalarSlot(sums, first + v).AddPartials(partials + (nint)v * chunks, chunks);
    }

    public void SumOfAbsolutes(Tensor x, ScalarSlot sum)
    {
        var values = x.Simd();
        int chunks = Chunks(values.Floats, Chunk);
        double* partials = device.Partials(chunks);
        device.Run(new AbsolutesJob(values.Data, values.Floats, partials), chunks);
        sum.AddPartials(partials, chunks);
    }

    public void Combine(IReadOnlyList<Tensor> vectors, ReadOnlySpan<double> coefficients, Tensor destination)
    {
        var to = destination.Simd();
        if (coefficients.Length != vectors.Count) throw new ArgumentException($"{coefficients.Length} coefficients for {vectors.Count} vectors.", nameof(coefficients));
        fixed (double* factors = coefficients)
            device.Run(new CombineJob(Sources(vectors, to), factors, vectors.Count, to.Data, to.Floats), Chunks(to.Floats, Chunk));
    }

    public void Adam(Tensor x, Tensor gradient, Tensor firstMoment, Tensor secondMoment, AdamStep step)
    {
        var (p, g) = Pair(x, gradient);
        var (m, v) = Pair(firstMoment, secondMoment);
        Pair(x, firstMoment);
        device.Run(new AdamJob(p.Data, g.Data, m.Data, v.Data, p.Floats, step.Beta1, step.Beta2, step.CorrectedRate, step.SecondCorrection, step.Epsilon), Chunks(p.Floats, Chunk));
    }

    public void ForecastScratch(Shape shape, int vectors, bool dot, ScratchForecast forecast)
    {
        if (dot) SimdDevice.Forecast(forecast, Scratch.Partials, 2L * Chunks((nint)SimdTensor.FloatsFor(shape,
            SimdTensor.LayoutOf(shape)), Chunk) * vectors);
        SimdDevice.Forecast(forecast, Scratch.Pointers, PointerFloats(vectors));
    }

    static long PointerFloats(int vectors) => (long)vectors * sizeof(Source) / sizeof(float);

    static (SimdTensor A, SimdTensor B) Pair(Tensor a, Tensor b) =>
        a.Shape == b.Shape ? (a.Simd(), b.Simd()) : throw new ArgumentException($"{a.Shape} and {b.Shape} are not the same shape.");

    /// <summary>Where the vectors lie, in scratch memory.</summary>
    Source* Sources(IReadOnlyList<Tensor> vectors, SimdTensor like)
    {
        var sources = (Source*)device.Temporary(Scratch.Pointers, PointerFloats(vectors.Count));
        for (int i = 0; i < vectors.Count; i++)
        {
            if (vectors[i].Shape != like.Shape) throw new ArgumentException($"{vectors[i].Shape} and {like.Shape} are not the same shape.");
            sources[i] = new(((SimdTensor)vectors[i]).Data, like.Floats, vectors[i].Packed);
        }
        return sources;
    }

    /// <summary>The floats of a chunk.</summary>
    static Span<float> Slice(float* data, nint floats, int item) => new(data + (nint)item * Chunk, (int)Math.Min(Chunk, floats - (nint)item * Chunk));
}
