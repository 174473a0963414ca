using System.Numerics;

namespace GpuStyle.Kernels;

/// <content>Fill, copy, windows of a picture and the ReLU mask.</content>
internal sealed unsafe partial class SimdVectors
{
    readonly struct FillJob(float* data, float value, Shape shape, int lanes, int border) : IJob
    {
        public void Execute(int item, int worker)
        {
            int rows = shape.Height + 2 * border, y = item % rows - border, used = Math.Min(lanes, shape.Channels - item / rows * lanes);
            float* row = data + item * (nint)(shape.Width + 2 * border) * lanes;
            var whole = new Span<float>(row, (shape.Width + 2 * border) * lanes);
            if (lanes == 1)
            {
                whole.Fill(value);
                return;
            }
            whole.Clear();
            if ((uint)y >= (uint)shape.Height) return;
            for (nint x = border; x < shape.Width + border; x++) new Span<float>(row + x * lanes, used).Fill(value);
        }
    }

    readonly struct CopyJob(float* source, float* destination, nint floats) : IJob
    {
        public void Execute(int item, int worker) => Slice(source, floats, item).CopyTo(Slice(destination, floats, item));
    }

    readonly struct CopyPartJob(float* source, nint sourceGroup, nint sourceRow, float* destination, nint group, nint row, int height, int rowFloats) : IJob
    {
        public void Execute(int item, int worker)
        {
            int g = item / height, y = item % height;
            new Span<float>(source + g * sourceGroup + y * sourceRow, rowFloats).CopyTo(new(destination + g * group + y * row, rowFloats));
        }
    }

    readonly struct NormaliseJob(float* picture, nint plane, nint row, float* constants, float* window, int height, int width) : IJob
    {
        public void Execute(int item, int worker)
        {
            float mean = constants[2 * (item / height)], scale = constants[2 * (item / height) + 1];
            float* from = picture + item / height * plane + item % height * row, to = window + (nint)item * width;
            nint x = 0;
            for (; x <= width - Vector<float>.Count; x += Vector<float>.Count) (scale * (Vector.Load(from + x) - new Vector<float>(mean))).Store(to + x);
            for (; x < width; x++) to[x] = scale * (from[x] - mean);
        }
    }

    readonly struct NormaliseGradientJob(float* window, float* factors, float* picture, nint plane, nint row, int height, int width) : IJob
    {
        public void Execute(int item, int worker)
        {
            float factor = factors[item / height];
            float* from = window + (nint)item * width, to = picture + item / height * plane + item % height * row;
            nint x = 0;
            for (; x <= width - Vector<float>.Count; x += Vector<float>.Count) (Vector.Load(to + x) + factor * Vector.Load(from + x)).Store(to + x);
            for (; x < width; x++) to[x] += factor * from[x];
        }
    }

    readonly struct MaskJob(float* activation, float* gradient, nint floats) : IJob
    {
        public void Execute(int item, int worker)
        {
            float* a = activation + (nint)item * Chunk, g = gradient + (nint)item * Chunk;
            nint count = Slice(gradient, floats, item).Length, i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
                (Vector.Load(g + i) & Vector.GreaterThan(Vector.Load(a + i), Vector<float>.Zero).As<int, float>()).Store(g + i);
            for (; i < count; i++) if (!(a[i] > 0)) g[i] = 0;
        }
    }
}
