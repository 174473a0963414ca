namespace GpuStyle.Kernels;

/// <summary>
/// The operations of a <see cref="CountingDevice"/>: nothing is computed; each counts the scratch memory that the other device's operation
/// would take. A sum that is read afterwards is 1, whatever was added to it.
/// </summary>
internal sealed class CountingOperations(CountingDevice device, Device engine, ScratchForecast scratch)
    : IConvolution, IPooling, IGram, IMoments, IMatching, ISamples, IMatrices, ISquaredError, ITotalVariation, IVectors, IResampling,
        ISmoothing
{
    public Filter Prepare(int outputChannels, int inputChannels, ReadOnlySpan<float> kernel, ReadOnlySpan<float> bias) =>
        new CountedFilter(device, outputChannels, inputChannels, StorageBytes(outputChannels, inputChannels));

    public long StorageBytes(int outputChannels, int inputChannels) => engine.Convolution.StorageBytes(outputChannels, inputChannels);

    public void Forward(Filter filter, Tensor input, Tensor output, PooledMap? pooled)
    {
        Convolve(filter, input, backward: false);
        if (pooled is { } map) engine.Pooling.ForecastScratch(output.Shape, map.Values.Shape, backward: false, scratch);
    }

    public void Gradient(Filter filter, Tensor outputGradient, Tensor inputGradient, Tensor? activation, bool accumulate,
        PooledMap? pooled)
    {
        if (pooled is { } map) engine.Pooling.ForecastScratch(outputGradient.Shape, map.Values.Shape, backward: true, scratch);
        Convolve(filter, inputGradient, backward: true);
    }

    void Convolve(Filter filter, Tensor input, bool backward) => engine.Convolution.ForecastScratch(
        filter.OutputChannels, filter.InputChannels, input.Shape.Height, input.Shape.Width, backward, scratch);

    void IPooling.Forward(PoolingKind kind, Tensor input, Tensor output, Corner corner) =>
        engine.Pooling.ForecastScratch(input.Shape, output.Shape, backward: false, scratch);

    void IPooling.Gradient(PoolingKind kind, Tensor input, Tensor outputGradient, Tensor inputGradient, bool accumulate, Corner corner) =>
        engine.Pooling.ForecastScratch(input.Shape, outputGradient.Shape, backward: true, scratch);

    void IGram.Accumulate(Tensor features, Region region, Tensor gram) => engine.Gram.ForecastScratch(features.Shape, region, scratch);

    void IGram.Gradient(Tensor features, Region region, Tensor matrix, Tensor gradient, bool accumulate) =>
        engine.Gram.ForecastScratch(features.Shape, region, scratch);

    void IMoments.Accumulate(Tensor features, Tensor? weights, Region region, Tensor sums) =>
        engine.Moments.ForecastScratch(features.Shape, region, scratch);

    void IMoments.Scale(Tensor x, Tensor weights, Region region, Tensor result, bool accumulate) { }

    void IMoments.Spread(Tensor vector, Tensor? weights, Region region, Tensor result) { }

    void IMoments.Divide(Tensor x, double factor, ScalarSlot divisor, Tensor result, bool accumulate) { }

    void IMoments.DeviationError(Tensor gram, Tensor sums, double mass, Tensor target, ScalarSlot value, double valueFactor, Tensor matrix,
        Tensor vector, double gradientFactor)
    { }

    public void Gather(Tensor features, SampleMap map, Tensor samples, int column, bool accumulate) { }

    public void Scatter(Tensor samples, int column, SampleMap map, Tensor features) { }

    public void Center(Tensor samples, Tensor lengths) => Match(MatchingScratch.Center, samples);

    public void CenterGradient(Tensor centered, Tensor lengths, Tensor gradient) => Match(MatchingScratch.Center, centered);

    public void Normalize(Tensor samples, Tensor lengths) => Match(MatchingScratch.Normalize, samples);

    public void NormalizeGradient(Tensor normalized, Tensor lengths, Tensor gradient) { }

    public void Match(Tensor samples, Tensor others, Tensor? nearest, Tensor? nearestOfOthers) =>
        Match(MatchingScratch.Match, samples, others.Shape.Height);

    public void Pull(Tensor samples, Tensor targets, Tensor? nearest, Tensor? weights, double factor, ScalarSlot sum, Tensor gradient) =>
        Match(MatchingScratch.Pull, samples);

    public void Cover(Tensor samples, Tensor others, Tensor nearest, double factor, ScalarSlot sum, Tensor gradient) =>
        Match(MatchingScratch.Cover, samples, others.Shape.Height);

    void Match(MatchingScratch operation, Tensor samples, int others = 0) =>
        engine.Matching.ForecastScratch(operation, samples.Shape.Height, others, samples.Shape.Width, scratch);

    public void Multiply(Tensor left, bool leftTurned, Tensor right, bool rightTurned, double factor, Tensor result, bool accumulate) =>
        engine.Samples.ForecastProduct(result.Shape.Height, result.Shape.Width, leftTurned ? left.Shape.Height : left.Shape.Width, scratch);

    public void Relate(Tensor products) => engine.Samples.ForecastRelations(products.Shape.Height, compared: false, scratch);

    public void CompareRelations(Tensor products, Tensor target, double factor, ScalarSlot sum) =>
        engine.Samples.ForecastRelations(products.Shape.Height, compared: true, scratch);

    public void Deviate(Tensor values, Tensor target, double factor, ScalarSlot sum) =>
        engine.Samples.ForecastDeviations(values.Shape.Count, scratch);

    public void TakeLarger(Tensor first, ScalarSlot ofFirst, double firstFactor, Tensor second, ScalarSlot ofSecond,
        double secondFactor)
    { }

    public void NearestColors(Tensor colors, Tensor others, Tensor nearest) => engine.Samples.ForecastColors(others.Shape.Height, scratch);

    public void PullColors(Tensor colors, Tensor others, Tensor nearest, bool ofOthers, double factor, ScalarSlot sum, Tensor gradient) { }

    void IMatrices.Combine(Tensor matrix, double scale, Tensor? vector, double vectorScale, double diagonal, Tensor result) { }

    void IMatrices.Multiply(Tensor left, Tensor right, double scale, double diagonal, Tensor result) =>
        engine.Matrices.ForecastScratch(left.Shape.Width, root: false, scratch);

    public void Apply(Tensor matrix, Tensor vector, double scale, Tensor result, bool accumulate) { }

    public void Trace(Tensor matrix, double scale, ScalarSlot sum) { }

    public void SquareRoot(Tensor matrix, Tensor root, Tensor inverseRoot) =>
        engine.Matrices.ForecastScratch(matrix.Shape.Width, root: true, scratch);

    void ISquaredError.Evaluate(Tensor x, double scale, Tensor target, Region region, ScalarSlot value, Tensor? gradient,
        double gradientScale, bool accumulate) => engine.SquaredError.ForecastScratch(x.Shape, region, scratch);

    void ITotalVariation.Evaluate(TotalVariationKind kind, Tensor picture, ScalarSlot value, Tensor gradient, float weight, Tensor? pairs,
        bool wrap) => engine.TotalVariation.ForecastScratch(picture.Shape, scratch);

    public void Fill(Tensor x, float value) { }

    public void Copy(Tensor source, Tensor destination) { }

    public void CopyPart(Tensor source, Region part, Tensor destination) { }

    public void Pack(Tensor source, Tensor packed) { }

    public void Normalise(Tensor picture, Corner corner, ReadOnlySpan<double> mean, ReadOnlySpan<double> scale, Tensor window) { }

    public void NormaliseGradient(Tensor window, ReadOnlySpan<double> scale, Tensor picture, Corner corner) { }

    public void MaskByRelu(Tensor activation, Tensor gradient) { }

    public void Dot(IReadOnlyList<Tensor> vectors, Tensor y, Scalars sums, int first) =>
        engine.Vectors.ForecastScratch(y.Shape, vectors.Count, dot: true, scratch);

    public void SumOfAbsolutes(Tensor x, ScalarSlot sum) => engine.Vectors.ForecastScratch(x.Shape, 1, dot: true, scratch);

    public void Combine(IReadOnlyList<Tensor> vectors, ReadOnlySpan<double> coefficients, Tensor destination) =>
        engine.Vectors.ForecastScratch(destination.Shape, vectors.Count, dot: false, scratch);

    public void Adam(Tensor x, Tensor gradient, Tensor firstMoment, Tensor secondMoment, AdamStep step) { }

    public void Resize(Tensor source, Tensor destination, bool wrap) => engine.Resampling.ForecastScratch(source.Shape, destination.Shape,
        scratch);

    public void Halve(Tensor fine, Tensor coarse, bool wrap) => engine.Smoothing.ForecastScratch(fine.Shape, products: false, scratch);

    void ISmoothing.Spread(Tensor coarse, float weight, Tensor fine, bool wrap) =>
        engine.Smoothing.ForecastScratch(coarse.Shape, products: false, scratch);

    public void MixChannels(Tensor picture, Tensor matrices, int number, Tensor mixed) { }

    public void SumProducts(Tensor picture, Scalars sums, int first) => engine.Smoothing.ForecastScratch(picture.Shape, products: true,
        scratch);
}
