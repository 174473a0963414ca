namespace GpuStyle.Kernels;

/// <summary>
/// Matrices of the SIMD engine, row by row without padding. A product is the Gram kernel's: both factors are put into groups of sixteen
/// columns (the left one turned), [group][k][16], of which the kernel adds up products over k.
/// <code>
/// scratch: left and right in groups, the product with whole groups of rows and columns
/// </code>
/// </summary>
internal sealed unsafe class SimdMatrices<TVector>(SimdDevice device) : NewtonSchulz(device)
    where TVector : struct, ISimd<TVector>
{
    const int Lanes = SimdTensor.BlockChannels, RowsPerItem = 16;

    public override void Combine(Tensor matrix, double scale, Tensor? vector, double vectorScale, double diagonal, Tensor result)
    {
        int order = IMatrices.Order(matrix, result);
        IMatrices.CheckVectors(order, vector);
        device.Run(new CombineJob(matrix.Simd().Data, (float)scale, vector is null ? null : vector.Simd().Data, (float)vectorScale, (float)diagonal, result.Simd().Data, order), Items(order));
    }

    public override void Multiply(Tensor left, Tensor right, double scale, double diagonal, Tensor result)
    {
        int order = IMatrices.Order(left, right, result), groups = Groups(order), pitch = Pitch(order);
        long packed = (long)groups * order * Lanes;
        float* a = device.Temporary(Scratch.Matrix, ProductScratch(order)), b = a + packed;
        device.Run(new PackJob(left.Simd().Data, right.Simd().Data, a, b, order), groups);
        device.Run(new MultiplyJob(a, b, b + packed, pitch, groups, (float)scale, (float)diagonal, result.Simd().Data, order), groups);
    }

    public override void ForecastScratch(int order, bool root, ScratchForecast forecast)
    {
        base.ForecastScratch(order, root, forecast);
        SimdDevice.Forecast(forecast, Scratch.Matrix, ProductScratch(order));
    }

    public override void Apply(Tensor matrix, Tensor vector, double scale, Tensor result, bool accumulate)
    {
        int order = IMatrices.Order(matrix);
        IMatrices.CheckVectors(order, vector, result);
        device.Run(new ApplyJob(matrix.Simd().Data, vector.Simd().Data, (float)scale, result.Simd().Data, accumulate, order), Items(order));
    }

    public override void Trace(Tensor matrix, double scale, ScalarSlot sum)
    {
        double trace = scale * TraceOf(matrix);
        sum.AddPartials(&trace, 1);
    }

    protected override void Normalise(Tensor matrix, double diagonal, Tensor result, Tensor trace)
    {
        double sum = TraceOf(matrix);
        *trace.Simd().Data = (float)sum;
        Combine(matrix, 1 / sum, null, 0, diagonal, result);
    }

    protected override void ScaleByRoot(Tensor matrix, Tensor number, bool inverse, Tensor result)
    {
        double root = Math.Sqrt(*number.Simd().Data);
        Combine(matrix, inverse ? 1 / root : root, null, 0, 0, result);
    }

    static double TraceOf(Tensor matrix)
    {
        int order = IMatrices.Order(matrix);
        double sum = 0;
        for (int i = 0; i < order; i++) sum += matrix.Simd().Data[(nint)i * (order + 1)];
        return sum;
    }

    static int Groups(int order) => (order + Lanes - 1) / Lanes;

    static int Pitch(int order) => (Groups(order) + 1) * Lanes;

    static long ProductScratch(int order) => 2L * Groups(order) * order * Lanes + (long)Groups(order) * Lanes * Pitch(order);

    static int Items(int order) => (order + RowsPerItem - 1) / RowsPerItem;

    /// <summary>An item is sixteen rows.</summary>
    readonly struct CombineJob(float* matrix, float scale, float* vector, float vectorScale, float diagonal, float* result, int order) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int i = item * RowsPerItem; i < Math.Min(order, (item + 1) * RowsPerItem); i++)
            {
                float* from = matrix + (nint)i * order, to = result + (nint)i * order;
                if (vector is null)
                    for (int j = 0; j < order; j++) to[j] = scale * from[j];
                else
                    for (int j = 0; j < order; j++) to[j] = scale * from[j] + vectorScale * vector[i] * vector[j];
                to[i] += diagonal;
            }
        }
    }

    /// <summary>An item is sixteen rows.</summary>
    readonly struct ApplyJob(float* matrix, float* vector, float scale, float* result, bool accumulate, int order) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int i = item * RowsPerItem; i < Math.Min(order, (item + 1) * RowsPerItem); i++)
            {
                double sum = 0;
                for (int j = 0; j < order; j++) sum += (double)matrix[(nint)i * order + j] * vector[j];
                result[i] = (float)(scale * sum + (accumulate ? result[i] : 0));
            }
        }
    }

    /// <summary>An item is a group of the left factor's rows and of the right one's columns.</summary>
    readonly struct PackJob(float* left, float* right, float* packedLeft, float* packedRight, int order) : IJob
    {
        public void Execute(int item, int worker)
        {
            int first = item * Lanes, count = Math.Min(Lanes, order - first);
            float* a = packedLeft + (nint)item * order * Lanes, b = packedRight + (nint)item * order * Lanes;
            for (int k = 0; k < order; k++)
                for (int lane = 0; lane < Lanes; lane++)
                {
                    a[k * Lanes + lane] = lane < count ? left[(nint)(first + lane) * order + k] : 0;
                    b[k * Lanes + lane] = lane < count ? right[(nint)k * order + first + lane] : 0;
                }
        }
    }

    /// <summary>An item is a group of rows of the product.</summary>
    readonly struct MultiplyJob(float* left, float* right, float* product, int pitch, int groups, float scale, float diagonal, float* result, int order) : IJob
    {
        public void Execute(int item, int worker)
        {
            nint groupFloats = (nint)order * Lanes;
            float* rows = product + (nint)item * Lanes * pitch;
            new Span<float>(rows, Lanes * pitch).Clear();
            for (int column = 0; column < groups * Lanes; column += 2 * TVector.Count)
            {
                int next = column + TVector.Count;
                nint from = column / Lanes * groupFloats + column % Lanes;
                // The last panel may have a single group: the second half then repeats the first and goes where nobody looks.
                nint second = next < groups * Lanes ? next / Lanes * groupFloats + next % Lanes - from : 0;
                for (int i = 0; i < Lanes; i += GramKernel<TVector>.Rows)
                    GramKernel<TVector>.Run(left + item * groupFloats + i, right + from, second, order, rows + (nint)i * pitch + column, pitch);
            }
            for (int i = item * Lanes; i < Math.Min(order, (item + 1) * Lanes); i++)
            {
                float* from = rows + (nint)(i % Lanes) * pitch, to = result + (nint)i * order;
                for (int j = 0; j < order; j++) to[j] = scale * from[j];
                to[i] += diagonal;
            }
        }
    }
}
