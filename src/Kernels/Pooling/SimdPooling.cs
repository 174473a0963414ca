using System.Numerics;

namespace GpuStyle.Kernels;

/// <summary>
/// 2x2 pooling of channel-blocked tensors [C/16][H+2][W+2][16], sixteen channels at once; others go through a blocked copy.
/// An item is a row of the pooled map. Outputs are overwritten and have a border of zeros afterwards, or are accumulated to. No scratch.
/// </summary>
internal sealed unsafe class SimdPooling(SimdDevice device) : IPooling
{
    const int Lanes = SimdTensor.BlockChannels;

    public void Forward(PoolingKind kind, Tensor input, Tensor output, Corner corner)
    {
        IPooling.Check(input, output, corner);
        SimdTensor x = SimdTransfer.Blocked(device, input), y = SimdTransfer.Blocked(device, output, 1);
        SimdBorder.Clear(device, y);
        device.Run(new ForwardJob(IPooling.IsMean(kind), x.Pixel(0) + 2 * (corner.Top * x.RowFloats + corner.Left * Lanes), x.GroupFloats,
            x.RowFloats, y.Pixel(0), y.GroupFloats, y.RowFloats, y.Shape.Height, y.Shape.Width), y.Groups * y.Shape.Height);
        SimdTransfer.Return(device, y, output);
    }

    public void Gradient(PoolingKind kind, Tensor input, Tensor outputGradient, Tensor inputGradient, bool accumulate, Corner corner)
    {
        IPooling.Check(input, outputGradient, corner, inputGradient);
        SimdTensor x = SimdTransfer.Blocked(device, input), dy = SimdTransfer.Blocked(device, outputGradient, 1),
            dx = SimdTransfer.Blocked(device, inputGradient, 2);
        SimdBorder.Clear(device, dx);
        device.Run(new GradientJob(IPooling.IsMean(kind), x.Pixel(0), dx.Pixel(0), x.GroupFloats, x.RowFloats, x.Shape.Height,
            x.Shape.Width, dy.Pixel(0), dy.GroupFloats, dy.RowFloats,
            new(corner.Top, corner.Left, dy.Shape.Height, dy.Shape.Width), accumulate,
            nonTemporal: !accumulate && dx.Data != x.Data && CacheSizes.Passes(dx.Floats * sizeof(float))),
            x.Groups * ((x.Shape.Height + 1) / 2));
        SimdTransfer.Return(device, dx, inputGradient);
    }

    public void ForecastScratch(Shape input, Shape output, bool backward, ScratchForecast forecast)
    {
        SimdDevice.ForecastCopy(forecast, input);
        SimdDevice.ForecastCopy(forecast, output, 1);
        if (backward) SimdDevice.ForecastCopy(forecast, input, 2);
    }

    readonly struct ForwardJob(bool mean, float* input, nint inputGroup, nint inputRow, float* output,
        nint outputGroup, nint outputRow, int height, int width) : IJob
    {
        public void Execute(int item, int worker)
        {
            int group = item / height, y = item % height;
            float* x = input + group * inputGroup + 2 * y * inputRow, to = output + group * outputGroup + y * outputRow;
            for (float* end = to + (nint)width * Lanes; to != end; to += Lanes, x += 2 * Lanes)
                for (int c = 0; c < Lanes; c += Vector<float>.Count)
                {
                    Vector<float> p = Vector.Load(x + c), q = Vector.Load(x + Lanes + c), r = Vector.Load(x + inputRow + c), s = Vector.Load(x + inputRow + Lanes + c);
                    var pooled = mean ? (p + q + r + s) * 0.25f : Vector.MaxNative(Vector.MaxNative(p, q), Vector.MaxNative(r, s));
                    pooled.Store(to + c);
                }
        }
    }

    readonly struct GradientJob(bool mean, float* input, float* gradient, nint group, nint row, int height, int width,
        float* outputGradient, nint outputGroup, nint outputRow, Region pooled, bool accumulate, bool nonTemporal) : IJob
    {
        public void Execute(int item, int worker)
        {
            int pairs = (height + 1) / 2, y = item % pairs;
            nint at = item / pairs * group + 2 * y * row;
            if (y < pooled.Top || y >= pooled.Top + pooled.Height)
            {
                PutDropped(at, width);
                if (2 * y + 1 < height) PutDropped(at + row, width);
                return;
            }
            PutDropped(at, 2 * pooled.Left);
            PutDropped(at + row, 2 * pooled.Left);
            at += 2 * pooled.Left * Lanes;
            float* dy = outputGradient + item / pairs * outputGroup + (y - pooled.Top) * outputRow;
            for (int x = 0; x < pooled.Width; x++, at += 2 * Lanes, dy += Lanes)
                for (int c = 0; c < Lanes; c += Vector<float>.Count)
                {
                    var g = Vector.Load(dy + c);
                    if (mean) PutAverage(at + c, g * 0.25f);
                    else PutMax(at + c, g);
                }
            int rest = width - 2 * (pooled.Left + pooled.Width);
            PutDropped(at, rest);
            PutDropped(at + row, rest);
        }

        void PutAverage(nint at, Vector<float> g)
        {
            Put(at, g, Vector.Load(input + at));
            Put(at + Lanes, g, Vector.Load(input + at + Lanes));
            Put(at + row, g, Vector.Load(input + at + row));
            Put(at + row + Lanes, g, Vector.Load(input + at + row + Lanes));
        }

        /// <summary>To the first of the four that equals the largest.</summary>
        void PutMax(nint at, Vector<float> g)
        {
            Vector<float> p = Vector.Load(input + at), q = Vector.Load(input + at + Lanes), r = Vector.Load(input + at + row), s = Vector.Load(input + at + row + Lanes);
            var largest = Vector.MaxNative(Vector.MaxNative(p, q), Vector.MaxNative(r, s));
            Put(at, First(p, largest, ref g), p);
            Put(at + Lanes, First(q, largest, ref g), q);
            Put(at + row, First(r, largest, ref g), r);
            Put(at + row + Lanes, g, s);
        }

        /// <summary>What of g goes to x; the rest stays.</summary>
        static Vector<float> First(Vector<float> x, Vector<float> largest, ref Vector<float> g)
        {
            var here = Vector.Equals(x, largest).As<int, float>();
            var given = g & here;
            g = Vector.AndNot(g, here);
            return given;
        }

        /// <summary>Nothing but what was there, to a number of pixels.</summary>
        void PutDropped(nint at, int pixels)
        {
            for (nint end = at + (nint)pixels * Lanes; at < end; at += Vector<float>.Count) Put(at, Vector<float>.Zero, Vector.Load(input + at));
        }

        void Put(nint at, Vector<float> g, Vector<float> activation)
        {
            if (accumulate) g += Vector.Load(gradient + at);
            g &= Vector.GreaterThan(activation, Vector<float>.Zero).As<int, float>();
            if (nonTemporal) g.StoreAlignedNonTemporal(gradient + at);
            else g.Store(gradient + at);
        }
    }
}
