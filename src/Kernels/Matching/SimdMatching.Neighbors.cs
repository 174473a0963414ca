using System.Numerics;
using static GpuStyle.Kernels.SimdRows;

namespace GpuStyle.Kernels;

/// <summary>
/// The nearest of rows on the SIMD engine. Products of rows are the Gram kernel's: rows of both are put into groups of sixteen,
/// [group][k][16]; an item takes sixty-four rows of A past all rows of B, thirty-two at a time, and keeps the greatest products of each
/// row, lane by lane, and of each column. Columns are kept by each thread apart; which thread met a row does not matter, since of equal
/// products the lowest number counts.
/// <code>
/// scratch: A and B in groups, and for each thread a block of products, the greatest of rows and columns and their numbers
/// </code>
/// </summary>
internal sealed unsafe partial class SimdMatching<TVector>
{
    const int ItemRows = 64, Panel = 2 * Lanes;

    public void Match(Tensor samples, Tensor others, Tensor? nearest, Tensor? nearestOfOthers)
    {
        IMatching.CheckMatch(samples, others, nearest, nearestOfOthers);
        int m = samples.Shape.Height, n = others.Shape.Height, length = samples.Shape.Width;
        float* a = device.Temporary(Scratch.Matrix, MatchScratch(m, n, length));
        float* b = a + Packed(m, ItemRows, length), own = b + Packed(n, Panel, length);
        int columns = Padded(n, Panel);
        device.Run(new PackJob(samples.Simd().Data, a, m, length), Padded(m, ItemRows) / Lanes);
        device.Run(new PackJob(others.Simd().Data, b, n, length), columns / Lanes);
        for (int worker = 0; worker < device.Threads; worker++)
        {
            new Span<float>(own + worker * ThreadScratch(n), columns).Fill(float.NegativeInfinity);
            new Span<float>(own + worker * ThreadScratch(n) + columns, columns).Clear(); // what is no number has the first row
        }
        var job = new MatchJob(a, b, m, n, length, own, (nint)ThreadScratch(n), columns, nearest is null ? null : nearest.Simd().Data);
        device.Run(job, Padded(m, ItemRows) / ItemRows);
        if (nearestOfOthers is null) return;
        float* to = nearestOfOthers.Simd().Data;
        for (int j = 0; j < n; j++)
        {
            float* best = own + j;
            for (int worker = 1; worker < device.Threads; worker++)
            {
                float* other = own + worker * ThreadScratch(n) + j;
                if (*other > *best || (*other == *best && other[columns] < best[columns])) best = other;
            }
            to[j] = best[columns];
        }
    }

    public void Pull(Tensor samples, Tensor targets, Tensor? nearest, Tensor? weights, double factor, ScalarSlot sum, Tensor gradient)
    {
        IMatching.CheckMatch(samples, targets, nearest, null);
        IMatching.CheckNumbers(samples.Shape.Height, weights);
        var (_, count, length) = samples.Shape;
        double* values = device.Partials(count);
        var job = new PullJob(samples.Simd().Data, targets.Simd().Data, nearest is null ? null : nearest.Simd().Data,
            weights is null ? null : weights.Simd().Data, (float)factor, values, gradient.Simd().Data, count, length);
        device.Run(job, Chunks(count));
        sum.AddPartials(values, count);
    }

    public void Cover(Tensor samples, Tensor others, Tensor nearest, double factor, ScalarSlot sum, Tensor gradient)
    {
        IMatching.CheckMatch(samples, others, null, nearest);
        int m = samples.Shape.Height, n = others.Shape.Height, length = samples.Shape.Width;
        // For each row of A those of B that look for it, in their order.
        double* values = device.Partials(CoverScratch(m, n));
        int* first = (int*)(values + n), list = first + m + 1;
        float* to = nearest.Simd().Data;
        new Span<int>(first, m + 1).Clear();
        for (int q = 0; q < n; q++) first[(int)to[q] + 1]++;
        for (int p = 0; p < m; p++) first[p + 1] += first[p];
        for (int q = n - 1; q >= 0; q--) list[--first[(int)to[q] + 1]] = q;
        // Each start was moved to where the row before it ended, one place on.
        device.Run(new CoverJob(samples.Simd().Data, others.Simd().Data, first + 1, list, n, (float)factor, values, gradient.Simd().Data, m, length), Chunks(m));
        sum.AddPartials(values, n);
    }

    public void ForecastScratch(MatchingScratch operation, int samples, int others, int length, ScratchForecast forecast)
    {
        long partials = operation switch
        {
            MatchingScratch.Center => MeanScratch(samples, length),
            MatchingScratch.Pull => samples,
            MatchingScratch.Cover => CoverScratch(samples, others),
            _ => 0,
        };
        if (partials > 0) SimdDevice.Forecast(forecast, Scratch.Partials, 2 * partials);
        if (operation == MatchingScratch.Match) SimdDevice.Forecast(forecast, Scratch.Matrix, MatchScratch(samples, others, length));
    }

    static long CoverScratch(int samples, int others) => others + (samples + 2 + others) / 2;

    static int Padded(int count, int whole) => (count + whole - 1) / whole * whole;

    static long Packed(int rows, int whole, int length) => (long)Padded(rows, whole) * length;

    /// <summary>
    /// The greatest product of each column and its number, the block of products, the greatest of each row's lanes and their numbers.
    /// </summary>
    static long ThreadScratch(int others) => 2L * Padded(others, Panel) + 3 * ItemRows * Panel;

    long MatchScratch(int m, int n, int length) => Packed(m, ItemRows, length) + Packed(n, Panel, length) + device.Threads * ThreadScratch(n);

    /// <summary>An item is a group of rows. Rows that fill up the last are 0.</summary>
    readonly struct PackJob(float* rows, float* packed, int count, int length) : IJob
    {
        public void Execute(int item, int worker)
        {
            float* to = packed + (nint)item * length * Lanes;
            int first = item * Lanes, here = Math.Clamp(count - first, 0, Lanes);
            if (here < Lanes) new Span<float>(to, length * Lanes).Clear();
            for (int lane = 0; lane < here; lane++)
            {
                float* row = rows + (nint)(first + lane) * length;
                for (int k = 0; k < length; k++) to[k * Lanes + lane] = row[k];
            }
        }
    }

    /// <summary>An item is sixty-four rows of A.</summary>
    readonly struct MatchJob(float* a, float* b, int m, int n, int length, float* own, nint ownFloats, int columns, float* nearest) : IJob
    {
        public void Execute(int item, int worker)
        {
            float* ofColumns = own + worker * ownFloats, products = ofColumns + 2 * columns, best = products + ItemRows * Panel, number = best + ItemRows * Panel;
            int first = item * ItemRows, count = Math.Min(ItemRows, m - first);
            nint groupFloats = (nint)length * Lanes;
            new Span<float>(best, ItemRows * Panel).Fill(float.NegativeInfinity);
            new Span<float>(number, ItemRows * Panel).Clear();
            for (int column = 0; column < columns; column += Panel)
            {
                new Span<float>(products, ItemRows * Panel).Clear();
                float* panel = b + column / Lanes * groupFloats;
                for (int lane = 0; lane < Panel; lane += 2 * TVector.Count)
                {
                    // Two vectors side by side in a group of sixteen, or, where a vector fills it, a group each.
                    nint from = lane / Lanes * groupFloats + lane % Lanes, second = TVector.Count == Lanes ? groupFloats : TVector.Count;
                    for (int i = 0; i < count; i += GramKernel<TVector>.Rows)
                        GramKernel<TVector>.Run(a + (first + i) / Lanes * groupFloats + i % Lanes, panel + from, second, length, products + i * Panel + lane, Panel);
                }
                // Columns that fill up the last panel are no neighbors.
                for (int j = n; j < column + Panel; j++)
                    for (int i = 0; i < count; i++) products[i * Panel + j - column] = float.NegativeInfinity;
                for (int lane = 0; lane < Panel; lane += Vector<float>.Count)
                    Fold(products + lane, first, count, column + lane, best + lane, number + lane, ofColumns + column + lane);
            }
            if (nearest is null) return;
            for (int i = 0; i < count; i++) nearest[first + i] = Lowest(best + i * Panel, number + i * Panel);
        }

        /// <summary>A vector of columns of all rows.</summary>
        void Fold(float* products, int firstRow, int count, int firstColumn, float* best, float* number, float* ofColumns)
        {
            Vector<float> top = Vector.Load(ofColumns), topNumber = Vector.Load(ofColumns + columns), column = Vector<float>.Indices + new Vector<float>(firstColumn);
            for (int i = 0; i < count; i++)
            {
                Vector<float> value = Vector.Load(products + i * Panel), before = Vector.Load(best + i * Panel);
                var more = Vector.GreaterThan(value, before);
                Vector.ConditionalSelect(more, value, before).Store(best + i * Panel);
                Vector.ConditionalSelect(more, column, Vector.Load(number + i * Panel)).Store(number + i * Panel);
                more = Vector.GreaterThan(value, top);
                top = Vector.ConditionalSelect(more, value, top);
                topNumber = Vector.ConditionalSelect(more, new Vector<float>(firstRow + i), topNumber);
            }
            top.Store(ofColumns);
            topNumber.Store(ofColumns + columns);
        }

        /// <summary>The number of the greatest of a row's lanes, the lowest of equal ones.</summary>
        static float Lowest(float* best, float* number)
        {
            int at = 0;
            for (int lane = 1; lane < Panel; lane++)
                if (best[lane] > best[at] || (best[lane] == best[at] && number[lane] < number[at])) at = lane;
            return number[at];
        }
    }

    /// <summary>An item is a chunk of rows.</summary>
    readonly struct PullJob(float* samples, float* targets, float* nearest, float* weights, float factor, double* values, float* gradient, int count, int length) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int p = item * RowsPerChunk; p < Math.Min(count, (item + 1) * RowsPerChunk); p++)
            {
                float* target = targets + (nint)(nearest is null ? p : nearest[p]) * length;
                float weight = weights is null ? 1 : weights[p];
                values[p] = weight * (1 - Product(samples + (nint)p * length, target, length));
                AddScaled(target, -factor * weight, gradient + (nint)p * length, length);
            }
        }
    }

    /// <summary>
    /// An item is a chunk of rows of A. Those of B that look for row p are in the list from first[p] to where the next row's begin.
    /// </summary>
    readonly struct CoverJob(float* samples, float* others, int* first, int* list, int all, float factor, double* values, float* gradient, int count, int length) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int p = item * RowsPerChunk; p < Math.Min(count, (item + 1) * RowsPerChunk); p++)
                for (int i = first[p]; i < (p + 1 < count ? first[p + 1] : all); i++)
                {
                    float* other = others + (nint)list[i] * length;
                    values[list[i]] = 1 - Product(samples + (nint)p * length, other, length);
                    AddScaled(other, -factor, gradient + (nint)p * length, length);
                }
        }
    }
}
