using ILGPU;
using ILGPU.Runtime;

namespace GpuStyle.Kernels;

/// <summary>
/// 2x2 pooling and its gradient; formulas in <see cref="IPooling"/>. One thread per value of the result, the grid runs over
/// rows (x) and pieces of a row (y). Forward overwrites the output; the gradient is overwritten or added to, then masked,
/// by a gather: a value looks up the window that it lies in.
/// </summary>
internal sealed class IlgpuPooling : IPooling
{
    const int GroupSize = 64;

    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, Parameters> forward;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters> gradient;

    /// <summary>Height, width and row length of the larger tensor, height and width of the pooled one.</summary>
    internal struct Parameters
    {
        public int Inner, Height, RowLength, PooledHeight, PooledWidth, Max, Accumulate;
    }

    public IlgpuPooling(IlgpuDevice device)
    {
        this.device = device;
        forward = device.Accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<float>, Parameters>(ForwardKernel);
        gradient = device.Accelerator.LoadStreamKernel<ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>(GradientKernel);
    }

    public void Forward(PoolingKind kind, Tensor input, Tensor output)
    {
        IPooling.Check(input, output);
        forward(Grid(output.DeviceLayout()), input.DeviceView(), output.DeviceView(), Of(kind, input, output, accumulate: false));
    }

    public void Gradient(PoolingKind kind, Tensor input, Tensor outputGradient, Tensor inputGradient, bool accumulate)
    {
        IPooling.Check(input, outputGradient);
        if (inputGradient.Shape != input.Shape) throw new ArgumentException($"The gradient of {input.Shape} cannot be {inputGradient.Shape}.");
        gradient(Grid(input.DeviceLayout()), input.DeviceView(), outputGradient.DeviceView(), inputGradient.DeviceView(), Of(kind, input, outputGradient, accumulate));
    }

    KernelConfig Grid(Layout layout) => device.Groups(layout.Rows, (layout.RowLength + GroupSize - 1) / GroupSize, GroupSize);

    static Parameters Of(PoolingKind kind, Tensor input, Tensor pooled, bool accumulate) => new()
    {
        Inner = input.DeviceLayout().Inner,
        Height = input.Shape.Height,
        RowLength = input.DeviceLayout().RowLength,
        PooledHeight = pooled.Shape.Height,
        PooledWidth = pooled.Shape.Width,
        Max = kind == PoolingKind.Max ? 1 : 0,
        Accumulate = accumulate ? 1 : 0,
    };

    internal static void ForwardKernel(ArrayView<float> input, ArrayView<float> output, Parameters p)
    {
        int row = ILGPU.Grid.IdxX, column = ILGPU.Grid.IdxY * GroupSize + Group.IdxX, pooledLength = p.PooledWidth * p.Inner;
        if (column >= pooledLength) return;
        int image = row / p.PooledHeight, y = row - image * p.PooledHeight, x = column / p.Inner, channel = column - x * p.Inner;
        long i = ((long)image * p.Height + 2 * y) * p.RowLength + 2 * x * p.Inner + channel;
        float a = input[i], b = input[i + p.Inner], c = input[i + p.RowLength], d = input[i + p.RowLength + p.Inner];
        output[(long)row * pooledLength + column] = p.Max != 0 ? Largest(Largest(a, b), Largest(c, d)) : (a + b + c + d) * 0.25f;
    }

    internal static void GradientKernel(ArrayView<float> input, ArrayView<float> outputGradient, ArrayView<float> inputGradient, Parameters p)
    {
        int row = ILGPU.Grid.IdxX, column = ILGPU.Grid.IdxY * GroupSize + Group.IdxX;
        if (column >= p.RowLength) return;
        int image = row / p.Height, y = row - image * p.Height, x = column / p.Inner, channel = column - x * p.Inner;
        int pooledY = y >> 1, pooledX = x >> 1;
        long i = (long)row * p.RowLength + column;
        float g = 0;
        if (pooledY < p.PooledHeight && pooledX < p.PooledWidth)
        {
            g = outputGradient[(((long)image * p.PooledHeight + pooledY) * p.PooledWidth + pooledX) * p.Inner + channel];
            if (p.Max == 0) g *= 0.25f;
            else if (First(input, i - (y & 1) * p.RowLength - (x & 1) * p.Inner, p.Inner, p.RowLength) != (y & 1) * 2 + (x & 1)) g = 0;
        }
        if (p.Accumulate != 0) g += inputGradient[i];
        inputGradient[i] = input[i] > 0 ? g : 0;
    }

    static float Largest(float a, float b) => a > b ? a : b;

    /// <summary>Which of a window's four values, in reading order, is the first that no other exceeds.</summary>
    static int First(ArrayView<float> input, long i, int right, int below)
    {
        float best = input[i], b = input[i + right], c = input[i + below], d = input[i + below + right];
        int first = 0;
        if (b > best)
        {
            best = b;
            first = 1;
        }
        if (c > best)
        {
            best = c;
            first = 2;
        }
        return d > best ? 3 : first;
    }
}
