using System.Numerics;

namespace GpuStyle.Kernels;

/// <summary>
/// Gram matrices of up to four planes, and their gradient, row by row: those of pictures. A row's products are summed in float32, rows in
/// double precision, in their order.
/// <code>
/// scratch: a sum for each product and row, in double precision
/// </code>
/// </summary>
internal static unsafe class SimdPlanarGram
{
    public static void Accumulate(SimdDevice device, SimdTensor planes, Region region, Tensor gram)
    {
        int n = planes.Shape.Channels;
        double* sums = device.Partials(PartialSums(planes.Shape, region));
        device.Run(new SumJob(new(planes, region), n, sums), region.Height);
        float* to = gram.Simd().Data;
        for (int i = 0; i < n * n; i++)
        {
            double sum = to[i];
            for (int y = 0; y < region.Height; y++) sum += sums[y * n * n + i];
            to[i] = (float)sum;
        }
    }

    public static void Gradient(SimdDevice device, SimdTensor planes, Region region, Tensor matrix, SimdTensor gradient, bool accumulate)
    {
        if (!accumulate && !region.Covers(planes.Shape)) device.Vectors.Fill(gradient, 0);
        device.Run(new MixJob(new(planes, region), new(gradient, region), planes.Shape.Channels, matrix.Simd().Data, accumulate), region.Height);
    }

    public static long PartialSums(Shape planes, Region region) => (long)region.Height * planes.Channels * planes.Channels;

    /// <summary>A region's rows.</summary>
    readonly struct Rows(SimdTensor planes, Region region)
    {
        readonly float* first = planes.Data + (nint)region.Top * planes.Shape.Width + region.Left;
        readonly nint plane = (nint)planes.Shape.Positions, row = planes.Shape.Width;

        public int Width { get; } = region.Width;

        public float* At(int channel, int y) => first + channel * plane + y * row;
    }

    /// <summary>An item is a row.</summary>
    readonly struct SumJob(Rows planes, int channels, double* sums) : IJob
    {
        public void Execute(int item, int worker)
        {
            double* to = sums + (nint)item * channels * channels;
            for (int i = 0; i < channels; i++)
                for (int j = 0; j <= i; j++)
                    to[i * channels + j] = to[j * channels + i] = SimdRows.Product(planes.At(i, item), planes.At(j, item), planes.Width);
        }
    }

    /// <summary>An item is a row.</summary>
    readonly struct MixJob(Rows planes, Rows gradient, int channels, float* matrix, bool accumulate) : IJob
    {
        public void Execute(int item, int worker)
        {
            for (int i = 0; i < channels; i++)
            {
                float* to = gradient.At(i, item);
                for (int j = 0; j < channels; j++) AddScaled(planes.At(j, item), matrix[i * channels + j], to, planes.Width, j > 0 || accumulate);
            }
        }

        static void AddScaled(float* from, float factor, float* to, int count, bool accumulate)
        {
            int x = 0;
            for (; x <= count - Vector<float>.Count; x += Vector<float>.Count)
            {
                var scaled = factor * Vector.Load(from + x);
                (accumulate ? Vector.Load(to + x) + scaled : scaled).Store(to + x);
            }
            for (; x < count; x++) to[x] = factor * from[x] + (accumulate ? to[x] : 0);
        }
    }
}
