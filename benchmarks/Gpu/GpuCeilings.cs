using System.Diagnostics;
using GpuStyle.Kernels;
using ILGPU;

namespace GpuStyle.Benchmarks;

/// <summary>What a GPU can do at most, as measured: bytes copied, and products in registers alone, in the precision of the device.</summary>
/// <param name="Bandwidth">GB/s, read and written.</param>
/// <param name="Multiplication">GFLOP/s of convolutions and Gram products' instructions.</param>
internal sealed record GpuCeilings(double Bandwidth, double Multiplication)
{
    const int Tries = 5, Groups = 2048, Loops = 2048;

    public static GpuCeilings Measure(IlgpuDevice device) => new(MeasureCopy(device), MeasureProducts(device));

    /// <summary>The least time of several runs of <paramref name="count"/> calls each, for one call.</summary>
    public static double Seconds(Kernels.Device device, Action action, int count)
    {
        action();
        device.Synchronize();
        double least = double.PositiveInfinity;
        for (int i = 0; i < Tries; i++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int n = 0; n < count; n++) action();
            device.Synchronize();
            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalSeconds / count);
        }
        return least;
    }

    static double MeasureCopy(IlgpuDevice device)
    {
        var shape = new Shape(64, 1024, device.Kind == DeviceKind.Cuda ? 2048 : 64);
        using Tensor from = device.Allocate(shape), to = device.Allocate(shape);
        return 8.0 * shape.Count / Seconds(device, () => device.Vectors.Copy(from, to), 4) / 1e9;
    }

    static double MeasureProducts(IlgpuDevice device)
    {
        using var storage = new IlgpuStorage(device, 128);
        bool products = device.HasTensorCores && device.Precision != Precision.Fp32, halves = device.Precision == Precision.Fp16;
        var kernel = device.Load<ArrayView<float>, float, int>(
            !products ? GpuPeak.MultiplyAdds : halves ? GpuPeak.Products<HardwareCore<Float16Format>> : GpuPeak.Products<HardwareCore<Tf32Format>>);
        // A thread's part of a warp's product of 16 x 8 x 8 or 16 x 8 x 16, of which there are four in a loop.
        double flops = 2.0 * Groups * 128 * Loops * (products ? 4 * 16 * 8 * (halves ? 16 : 8) / 32 : 16);
        return flops / Seconds(device, () => kernel(device.Groups(Groups, 1, 128), storage.Values<float>(), 0, Loops), 1) / 1e9;
    }
}

/// <summary>Kernels that only multiply and add; what they store is never asked for, but the compiler cannot know.</summary>
internal static class GpuPeak
{
    internal static void Products<TCore>(ArrayView<float> result, float value, int loops) where TCore : struct, ITensorCore
    {
        Float4 a = default, b = default, c = default, d = default;
        uint word = Interop.FloatAsInt(value);
        var exchange = TCore.Exchange();
        Word4 words = new() { X = word, Y = word, Z = word, W = word };
        for (int i = 0; i < loops; i++) TCore.Multiply(ref a, ref b, ref c, ref d, words, words, word, word, word, word, exchange);
        Float4.Add(ref a, b);
        Float4.Add(ref c, d);
        Float4.Add(ref a, c);
        if (a.X + a.Y + a.Z + a.W > 0) result[Group.IdxX] = a.X;
    }

    internal static void MultiplyAdds(ArrayView<float> result, float value, int loops)
    {
        Float4 a = default, b = default, c = default, d = default, x = new() { X = value, Y = value, Z = value, W = value };
        for (int i = 0; i < loops; i++)
        {
            Times(ref a, x);
            Times(ref b, x);
            Times(ref c, x);
            Times(ref d, x);
        }
        Float4.Add(ref a, b);
        Float4.Add(ref c, d);
        Float4.Add(ref a, c);
        if (a.X + a.Y + a.Z + a.W > 0) result[Group.IdxX] = a.X;
    }

    /// <summary>v = v x + x: each depends on the one before, and none can be spared.</summary>
    static void Times(ref Float4 v, Float4 x)
    {
        v.X = v.X * x.X + x.X;
        v.Y = v.Y * x.Y + x.Y;
        v.Z = v.Z * x.Z + x.Z;
        v.W = v.W * x.W + x.W;
    }
}
