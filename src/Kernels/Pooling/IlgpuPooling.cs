using System.Runtime.CompilerServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <summary>
/// 2x2 pooling and its gradient; formulas in <see cref="IPooling"/>. A group has one window, its threads stride over channels;
/// the grid runs over rows of windows (x) and windows of a row (y). Forward overwrites the output. The gradient of a window's
/// four values is overwritten or added to, then masked; a last odd row or column, and what lies outside the part of the pooled map
/// that is wanted, count as windows without a result.
/// </summary>
internal sealed class IlgpuPooling : IPooling
{
    const int GroupSize = 64;

    readonly IlgpuDevice device;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, Parameters> forward;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters> gradient;

    /// <summary>Size of the larger tensor and of the pooled one, where that begins, windows in a column, stored channels.</summary>
    internal struct Parameters
    {
        public int Inner, Height, Width, PooledHeight, PooledWidth, Top, Left, Windows, Max, Accumulate;
    }

    public IlgpuPooling(IlgpuDevice device)
    {
        this.device = device;
        forward = device.Load<ArrayView<float>, ArrayView<float>, Parameters>(ForwardKernel);
        gradient = device.Load<ArrayView<float>, ArrayView<float>, ArrayView<float>, Parameters>(GradientKernel);
    }

    public void Forward(PoolingKind kind, Tensor input, Tensor output, Corner corner)
    {
        IPooling.Check(input, output, corner);
        var p = Of(kind, input, output, corner, output.Shape.Height, accumulate: false);
        forward(device.Groups(output.DeviceLayout().Rows, p.PooledWidth, GroupSize), input.DeviceView(), output.DeviceView(), p);
    }

    public void Gradient(PoolingKind kind, Tensor input, Tensor outputGradient, Tensor inputGradient, bool accumulate, Corner corner)
    {
        IPooling.Check(input, outputGradient, corner, inputGradient);
        var p = Of(kind, input, outputGradient, corner, (input.Shape.Height + 1) / 2, accumulate);
        gradient(device.Groups((long)input.DeviceLayout().Images * p.Windows, (p.Width + 1) / 2, GroupSize), input.DeviceView(), outputGradient.DeviceView(), inputGradient.DeviceView(), p);
    }

    static Parameters Of(PoolingKind kind, Tensor input, Tensor pooled, Corner corner, int windows, bool accumulate) => new()
    {
        Inner = input.DeviceLayout().Inner,
        Height = input.Shape.Height,
        Width = input.Shape.Width,
        PooledHeight = pooled.Shape.Height,
        PooledWidth = pooled.Shape.Width,
        Top = corner.Top,
        Left = corner.Left,
        Windows = windows,
        Max = IPooling.IsMean(kind) ? 0 : 1,
        Accumulate = accumulate ? 1 : 0,
    };

    internal static void ForwardKernel(ArrayView<float> input, ArrayView<float> output, Parameters p)
    {
        int image = Grid.IdxX / p.Windows, y = Grid.IdxX % p.Windows, x = Grid.IdxY, below = p.Width * p.Inner;
        long from = (((long)image * p.Height + 2 * (p.Top + y)) * p.Width + 2 * (p.Left + x)) * p.Inner, to = ((long)Grid.IdxX * p.PooledWidth + x) * p.Inner;
        for (int channel = Group.IdxX; channel < p.Inner; channel += GroupSize)
        {
            long i = from + channel;
            float a = input[i], b = input[i + p.Inner], c = input[i + below], d = input[i + below + p.Inner];
            output[to + channel] = p.Max != 0 ? Largest(Largest(a, b), Largest(c, d)) : Mean(a, b, c, d);
        }
    }

    internal static void GradientKernel(ArrayView<float> input, ArrayView<float> outputGradient, ArrayView<float> inputGradient, Parameters p)
    {
        int image = Grid.IdxX / p.Windows, y = Grid.IdxX % p.Windows, x = Grid.IdxY, below = p.Width * p.Inner;
        bool right = 2 * x + 1 < p.Width, lower = 2 * y + 1 < p.Height;
        long first = (((long)image * p.Height + 2 * y) * p.Width + 2 * x) * p.Inner;
        int py = y - p.Top, px = x - p.Left;
        bool wanted = py >= 0 && py < p.PooledHeight && px >= 0 && px < p.PooledWidth;
        long pooled = (((long)image * p.PooledHeight + py) * p.PooledWidth + px) * p.Inner;
        for (int channel = Group.IdxX; channel < p.Inner; channel += GroupSize)
        {
            long i = first + channel;
            float a = input[i], b = right ? input[i + p.Inner] : 0, c = lower ? input[i + below] : 0, d = right && lower ? input[i + below + p.Inner] : 0;
            float g = wanted ? outputGradient[pooled + channel] : 0;
            // Where the gradient goes: 4, to all four alike, or to the first of the largest.
            int to = 4;
            if (p.Max != 0)
            {
                float most = Largest(Largest(a, b), Largest(c, d));
                to = a >= most ? 0 : b >= most ? 1 : c >= most ? 2 : 3;
            }
            else
            {
                g *= 0.25f;
            }
            Store(inputGradient, i, a, to == 0 || to == 4 ? g : 0, p.Accumulate);
            if (right) Store(inputGradient, i + p.Inner, b, to == 1 || to == 4 ? g : 0, p.Accumulate);
            if (lower) Store(inputGradient, i + below, c, to == 2 || to == 4 ? g : 0, p.Accumulate);
            if (right && lower) Store(inputGradient, i + below + p.Inner, d, to == 3 || to == 4 ? g : 0, p.Accumulate);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Store(ArrayView<float> inputGradient, long i, float input, float g, int accumulate)
    {
        if (accumulate != 0) g += inputGradient[i];
        inputGradient[i] = input > 0 ? g : 0;
    }

    static float Largest(float a, float b) => a > b ? a : b;

    /// <summary>Exchanging left and right gives the same bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Mean(float a, float b, float c, float d) => (a + b + (c + d)) * 0.25f;

    /// <summary>The mean of four positions, a to d in reading order, channel by channel, to the bits that pooling gives.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Mean(Float4 a, Float4 b, Float4 c, Float4 d) => new() { X = Mean(a.X, b.X, c.X, d.X), Y = Mean(a.Y, b.Y, c.Y, d.Y), Z = Mean(a.Z, b.Z, c.Z, d.Z), W = Mean(a.W, b.W, c.W, d.W) };

    /// <summary>The largest of four positions, channel by channel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Largest(Float4 a, Float4 b, Float4 c, Float4 d) => new()
    {
        X = Largest(Largest(a.X, b.X), Largest(c.X, d.X)),
        Y = Largest(Largest(a.Y, b.Y), Largest(c.Y, d.Y)),
        Z = Largest(Largest(a.Z, b.Z), Largest(c.Z, d.Z)),
        W = Largest(Largest(a.W, b.W), Largest(c.W, d.W)),
    };
}
