using ILGPU;
using Points = GpuStyle.Kernels.SampleKernels.Points;
using Rows = GpuStyle.Kernels.SampleKernels.Rows;

namespace GpuStyle.Kernels;

/// <summary>
/// Samples of the ILGPU engine, in float32 whatever convolutions multiply in: neighbors that are all but equally near are many. Means and
/// sums in two stages: groups add up chunks of rows, whose number depends on the rows alone, then the chunks are added in order. Nothing is
/// added by two threads at once.
/// <code>
/// scratch, grown when needed, kept: that of <see cref="IlgpuNearest"/>; sums of chunks of rows; the mean row and the least divisor; a
/// value for each row of a sum; chains of rows (<see cref="PullKernels"/>)
/// </code>
/// </summary>
internal sealed class IlgpuMatching : IMatching
{
    /// <summary>Rows in a chunk at least, chunks at most.</summary>
    const int LeastChunk = 64, MostChunks = 512;

    /// <summary>Threads of a group that makes chains: few, for a thread has much to read.</summary>
    const int ChainGroup = 64;

    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, Points> gather, scatter;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<double>, Rows> partialSums;
    readonly Action<KernelConfig, ArrayView<double>, ArrayView<float>, Rows> mean;
    readonly Action<KernelConfig, ArrayView<float>, int> least, noMean;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, Rows> center, project;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, Rows> subtract;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>,
        PullKernels.Parameters> pull;
    readonly Action<KernelConfig, ArrayView<double>, ArrayView<double>, int> addValues;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<int>, int, int> chain;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<int>, ArrayView<float>, PullKernels.Parameters> cover;
    readonly IlgpuNearest nearestRows;
    IlgpuStorage? sums, meanRow, values, chains;

    public IlgpuMatching(IlgpuDevice device)
    {
        this.device = device;
        nearestRows = new(device);
        gather = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, Points>(SampleKernels.Gather);
        scatter = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, Points>(SampleKernels.Scatter);
        partialSums = device.Load<ArrayView<float>, ArrayView<double>, Rows>(SampleKernels.PartialSums);
        mean = device.Load<ArrayView<double>, ArrayView<float>, Rows>(SampleKernels.Mean);
        least = device.Load<ArrayView<float>, int>(SampleKernels.Least);
        noMean = device.Load<ArrayView<float>, int>(SampleKernels.NoMean);
        center = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, Rows>(SampleKernels.Center);
        project = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, Rows>(SampleKernels.Project);
        subtract = device.Load<ArrayView<float>, ArrayView<float>, Rows>(SampleKernels.Subtract);
        pull = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<double>,
            PullKernels.Parameters>(PullKernels.Pull);
        addValues = device.Load<ArrayView<double>, ArrayView<double>, int>(PullKernels.PartialSums);
        chain = device.Load<ArrayView<float>, ArrayView<int>, int, int>(PullKernels.Chain);
        cover = device.Load<ArrayView<float>, ArrayView<int>, ArrayView<float>, PullKernels.Parameters>(PullKernels.Cover);
    }

    public void Gather(Tensor features, SampleMap map, Tensor samples, int column, bool accumulate)
    {
        IMatching.Check(features, map, samples, column);
        var p = Of(features, map.Rows.Shape.Height, samples, column);
        p.Accumulate = accumulate ? 1 : 0;
        gather(device.Threads((long)p.Count * p.Channels), features.DeviceView(), map.Rows.DeviceView(), map.Taps.DeviceView(), samples.DeviceView(), p);
    }

    public void Scatter(Tensor samples, int column, SampleMap map, Tensor features)
    {
        IMatching.Check(features, map, samples, column);
        var p = Of(features, map.Pixels.Shape.Height, samples, column);
        scatter(device.Threads((long)p.Count * p.Channels), samples.DeviceView(), map.Pixels.DeviceView(), map.Shares.DeviceView(), features.DeviceView(), p);
    }

    public void Center(Tensor samples, Tensor lengths)
    {
        IMatching.CheckCenter(samples, lengths);
        var (row, p) = MeanRow(samples);
        least(device.Groups(1, 1, IlgpuSums.GroupSize), row, p.Length);
        center(RowGroups(p.Count), samples.DeviceView(), row, lengths.DeviceView(), p);
    }

    public void CenterGradient(Tensor centered, Tensor lengths, Tensor gradient)
    {
        IMatching.CheckCenter(centered, lengths, gradient);
        project(RowGroups(centered.Shape.Height), centered.DeviceView(), lengths.DeviceView(), gradient.DeviceView(), Of(centered));
        var (row, p) = MeanRow(gradient);
        subtract(device.Threads((long)p.Count * p.Length), row, gradient.DeviceView(), p);
    }

    public void Normalize(Tensor samples, Tensor lengths)
    {
        IMatching.CheckCenter(samples, lengths);
        var p = Of(samples);
        var row = device.Grown(ref meanRow, p.Length + 1).Values<float>();
        noMean(device.Threads(p.Length + 1), row, p.Length);
        center(RowGroups(p.Count), samples.DeviceView(), row, lengths.DeviceView(), p);
    }

    public void NormalizeGradient(Tensor normalized, Tensor lengths, Tensor gradient)
    {
        IMatching.CheckCenter(normalized, lengths, gradient);
        project(RowGroups(normalized.Shape.Height), normalized.DeviceView(), lengths.DeviceView(), gradient.DeviceView(), Of(normalized));
    }

    public void Match(Tensor samples, Tensor others, Tensor? nearest, Tensor? nearestOfOthers)
    {
        IMatching.CheckMatch(samples, others, nearest, nearestOfOthers);
        nearestRows.Match(samples, others, nearest, nearestOfOthers);
    }

    public void Pull(Tensor samples, Tensor targets, Tensor? nearest, Tensor? weights, double factor, ScalarSlot sum, Tensor gradient)
    {
        IMatching.CheckMatch(samples, targets, nearest, null);
        IMatching.CheckNumbers(samples.Shape.Height, weights);
        AddDistances(samples, targets, nearest, weights, sum, gradient, new() { Weighted = weights is null ? 0 : 1, Pulls = 1, Factor = (float)factor });
    }

    public void Cover(Tensor samples, Tensor others, Tensor nearest, double factor, ScalarSlot sum, Tensor gradient)
    {
        IMatching.CheckMatch(samples, others, null, nearest);
        var (_, m, length) = samples.Shape;
        int n = others.Shape.Height;
        AddDistances(others, samples, nearest, null, sum, gradient, default);
        var of = device.Grown(ref chains, (long)m + n).Values<int>();
        chain(device.Groups((m + ChainGroup - 1) / ChainGroup, 1, ChainGroup), nearest.DeviceView(), of, m, n);
        cover(device.Threads((long)m * length), others.DeviceView(), of, gradient.DeviceView(), new() { Count = m, Length = length, Factor = (float)factor });
    }

    public void ForecastScratch(MatchingScratch operation, int samples, int others, int length, ScratchForecast forecast)
    {
        void Add(string purpose, long values) => forecast.Add(purpose, IlgpuStorage.Bytes(values));
        switch (operation)
        {
            case MatchingScratch.Center:
                Add("sums of samples", 2L * Cut(samples).Chunks * length);
                Add("mean of samples", length + 1);
                break;
            case MatchingScratch.Normalize:
                Add("mean of samples", length + 1);
                break;
            case MatchingScratch.Match:
                nearestRows.ForecastScratch(samples, others, length, forecast);
                break;
            case MatchingScratch.Pull:
                Add("distances of samples", 2L * samples);
                break;
            case MatchingScratch.Cover:
                Add("distances of samples", 2L * others);
                Add("chains of samples", (long)samples + others);
                break;
        }
    }

    /// <summary>Rows of a chunk, and chunks.</summary>
    static (int Chunk, int Chunks) Cut(int rows)
    {
        int chunk = Math.Max(LeastChunk, (rows + MostChunks - 1) / MostChunks);
        return (chunk, (rows + chunk - 1) / chunk);
    }

    KernelConfig RowGroups(int rows) => device.Groups((rows + SampleKernels.GroupRows - 1) / SampleKernels.GroupRows, 1, SampleKernels.GroupSize);

    /// <summary>The mean of all rows and room for one number more.</summary>
    (ArrayView<float> Mean, Rows Of) MeanRow(Tensor samples)
    {
        var p = Of(samples);
        var partial = device.Grown(ref sums, 2L * p.Chunks * p.Length).Values<double>();
        var row = device.Grown(ref meanRow, p.Length + 1).Values<float>();
        int columns = (p.Length + SampleKernels.SumColumns - 1) / SampleKernels.SumColumns;
        partialSums(device.Groups(p.Chunks, columns, SampleKernels.SumColumns), samples.DeviceView(), partial, p);
        mean(device.Threads(p.Length), partial, row, p);
        return (row, p);
    }

    /// <summary>Adds the distances of rows from their neighbors to a sum, and pulls them if <paramref name="p"/> says so.</summary>
    void AddDistances(Tensor samples, Tensor targets, Tensor? nearest, Tensor? weights, ScalarSlot sum, Tensor gradient, PullKernels.Parameters p)
    {
        (p.Count, p.Length, p.Numbered) = (samples.Shape.Height, samples.Shape.Width, nearest is null ? 0 : 1);
        var of = device.Grown(ref values, 2L * p.Count).Values<double>();
        pull(RowGroups(p.Count), samples.DeviceView(), targets.DeviceView(), (nearest ?? samples).DeviceView(), (weights ?? samples).DeviceView(),
            gradient.DeviceView(), of, p);
        int groups = IlgpuSums.Groups(p.Count);
        addValues(device.Groups(groups, 1, IlgpuSums.GroupSize), of, sum.Parts(), p.Count);
    }

    static Rows Of(Tensor samples)
    {
        var (chunk, chunks) = Cut(samples.Shape.Height);
        return new() { Count = samples.Shape.Height, Length = samples.Shape.Width, Chunk = chunk, Chunks = chunks };
    }

    static Points Of(Tensor features, int count, Tensor samples, int column)
    {
        var layout = features.DeviceLayout();
        return new()
        {
            Count = count,
            Column = column,
            Pitch = samples.Shape.Width,
            Channels = features.Shape.Channels,
            ChannelStride = layout.ChannelsLast ? 1 : checked((int)features.Shape.Positions),
            PositionStride = layout.Inner,
            Width = layout.Width,
        };
    }
}
