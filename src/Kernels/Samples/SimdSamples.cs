using System.Numerics;

namespace GpuStyle.Kernels;

/// <summary>
/// Sample matrices of the SIMD engine, row by row without padding. Sums are added up in double precision, those of 8192 differences in
/// float32 first.
/// <code>
/// scratch: that of <see cref="SimdProduct{TVector}"/>, or colors and their directions, plane by plane
/// </code>
/// </summary>
internal sealed unsafe class SimdSamples<TVector>(SimdDevice device) : ISamples
    where TVector : struct, ISimd<TVector>
{
    const int RowsPerChunk = 16, ValuesPerChunk = 8192;

    public void Multiply(Tensor left, bool leftTurned, Tensor right, bool rightTurned, double factor, Tensor result, bool accumulate)
    {
        var (m, n, k) = ISamples.CheckProduct(left, leftTurned, right, rightTurned, result);
        SimdProduct<TVector>.Run(device, left.Simd().Data, leftTurned, right.Simd().Data, rightTurned, m, n, k, (float)factor,
            result.Simd().Data, accumulate);
    }

    public void Relate(Tensor products)
    {
        int order = ISamples.CheckSquare(products);
        device.Run(new RelateJob(products.Simd().Data, null, null, order), Chunks(order));
    }

    public void CompareRelations(Tensor products, Tensor target, double factor, ScalarSlot sum)
    {
        int order = ISamples.CheckSquare(products);
        ISamples.CheckSame(products, target);
        double* sums = device.Partials(order);
        device.Run(new RelateJob(products.Simd().Data, target.Simd().Data, sums, order), Chunks(order));
        device.Run(new BothSidesJob(products.Simd().Data, (float)-factor, order), Chunks(order));
        sum.AddPartials(sums, order);
    }

    public void Deviate(Tensor values, Tensor target, double factor, ScalarSlot sum)
    {
        ISamples.CheckSame(values, target);
        long count = values.Shape.Count;
        int chunks = (int)((count + ValuesPerChunk - 1) / ValuesPerChunk);
        double* sums = device.Partials(chunks);
        device.Run(new DeviateJob(values.Simd().Data, target.Simd().Data, (float)factor, sums, count), chunks);
        sum.AddPartials(sums, chunks);
    }

    public void TakeLarger(Tensor first, ScalarSlot ofFirst, double firstFactor, Tensor second, ScalarSlot ofSecond, double secondFactor)
    {
        ISamples.CheckSame(first, second);
        static double Value(ScalarSlot slot) => ((SimdScalars)slot.Scalars).Values[slot.Index];
        if (secondFactor * Value(ofSecond) > firstFactor * Value(ofFirst)) device.Vectors.Copy(second, first);
    }

    public void NearestColors(Tensor colors, Tensor others, Tensor nearest)
    {
        ISamples.CheckColors(colors, others, nearest);
        int m = colors.Shape.Height, n = others.Shape.Height, pitch = SimdColors.Padded(n);
        float* planes = device.Temporary(Scratch.Matrix, SimdColors.Floats(n));
        SimdColors.ToPlanes(others.Simd().Data, n, planes, pitch);
        var job = new SimdColors.NearestJob(colors.Simd().Data, m, planes, pitch, nearest.Simd().Data);
        device.Run(job, (m + SimdColors.Colors - 1) / SimdColors.Colors);
    }

    public void PullColors(Tensor colors, Tensor others, Tensor nearest, bool ofOthers, double factor, ScalarSlot sum, Tensor gradient)
    {
        if (ofOthers) ISamples.CheckColors(others, colors, nearest);
        else ISamples.CheckColors(colors, others, nearest);
        ISamples.CheckSame(colors, gradient);
        double total = SimdColors.Pull(colors.Simd().Data, others.Simd().Data, nearest.Simd().Data, nearest.Shape.Width, ofOthers, factor,
            gradient.Simd().Data);
        sum.AddPartials(&total, 1);
    }

    public void ForecastProduct(int m, int n, int k, ScratchForecast forecast) =>
        SimdDevice.Forecast(forecast, Scratch.Matrix, SimdProduct<TVector>.Floats(device, m, n, k));

    public void ForecastRelations(int rows, bool compared, ScratchForecast forecast)
    {
        if (compared) SimdDevice.Forecast(forecast, Scratch.Partials, 2L * rows);
    }

    public void ForecastDeviations(long values, ScratchForecast forecast) =>
        SimdDevice.Forecast(forecast, Scratch.Partials, 2 * ((values + ValuesPerChunk - 1) / ValuesPerChunk));

    public void ForecastColors(int others, ScratchForecast forecast) => SimdDevice.Forecast(forecast, Scratch.Matrix,
        SimdColors.Floats(others));

    static int Chunks(int rows) => (rows + RowsPerChunk - 1) / RowsPerChunk;

    /// <summary>
    /// An item is a chunk of rows. Without a target they become relations, else the gradient G, and the sum of each row's differences goes
    /// to its place.
    /// </summary>
    readonly struct RelateJob(float* products, float* target, double* sums, int order) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int i = item * RowsPerChunk; i < Math.Min(order, (item + 1) * RowsPerChunk); i++)
            {
                float* row = products + (nint)i * order;
                double sum = 0, least = (double)ISamples.LeastDistance * order;
                for (int j = 0; j < order; j++)
                {
                    row[j] = j == i ? 0 : 1 - row[j];
                    sum += row[j];
                }
                float inverse = (float)(1 / Math.Max(sum, least));
                for (int j = 0; j < order; j++) row[j] *= inverse;
                if (target is not null) sums[i] = Compare(row, target + (nint)i * order, inverse, sum > least);
            }
        }

        double Compare(float* row, float* of, float inverse, bool free)
        {
            double sum = 0, along = 0;
            for (int j = 0; j < order; j++)
            {
                float difference = row[j] - of[j];
                sum += Math.Abs(difference);
                along += difference > 0 ? row[j] : difference < 0 ? -row[j] : 0;
            }
            float common = free ? (float)along : 0;
            for (int j = 0; j < order; j++)
            {
                float difference = row[j] - of[j];
                row[j] = ((difference > 0 ? 1 : difference < 0 ? -1 : 0) - common) * inverse;
            }
            return sum;
        }
    }

    /// <summary>An item is a chunk of rows, from the diagonal on, and the columns that mirror them.</summary>
    readonly struct BothSidesJob(float* matrix, float factor, int order) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int i = item * RowsPerChunk; i < Math.Min(order, (item + 1) * RowsPerChunk); i++)
                for (int j = i; j < order; j++)
                {
                    float* one = matrix + (nint)i * order + j, other = matrix + (nint)j * order + i;
                    *one = *other = factor * (*one + *other);
                }
        }
    }

    /// <summary>An item is a chunk of values.</summary>
    readonly struct DeviateJob(float* values, float* target, float factor, double* sums, long count) : IJob
    {
        public void Execute(int item, int worker)
        {
            float* x = values + (nint)item * ValuesPerChunk, y = target + (nint)item * ValuesPerChunk;
            int here = (int)Math.Min(ValuesPerChunk, count - (long)item * ValuesPerChunk), i = 0;
            Vector<float> sum = Vector<float>.Zero, zero = Vector<float>.Zero, up = new(factor), down = new(-factor);
            for (; i <= here - Vector<float>.Count; i += Vector<float>.Count)
            {
                var difference = Vector.Load(x + i) - Vector.Load(y + i);
                sum += Vector.Abs(difference);
                var notAbove = Vector.ConditionalSelect(Vector.LessThan(difference, zero), down, zero);
                Vector.ConditionalSelect(Vector.GreaterThan(difference, zero), up, notAbove).Store(x + i);
            }
            double total = Vector.Sum(sum);
            for (; i < here; i++)
            {
                float difference = x[i] - y[i];
                total += Math.Abs(difference);
                x[i] = difference > 0 ? factor : difference < 0 ? -factor : 0;
            }
            sums[item] = total;
        }
    }
}
