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

    /// <summary>An item is a row of the window.</summary>
    readonly struct NormaliseJob(float* picture, Shape size, Corner corner, float* constants, float* window, Shape part) : IJob
    {
        public void Execute(int item, int worker)
        {
            int c = item / part.Height, y = (corner.Top + item % part.Height) % size.Height;
            float mean = constants[2 * c], scale = constants[2 * c + 1];
            float* row = picture + ((nint)c * size.Height + y) * size.Width, to = window + (nint)item * part.Width;
            // From where the window begins in the picture, then from its left side on, as often as it repeats.
            for (int left = corner.Left, at = 0, count; at < part.Width; at += count, to += count, left = 0)
            {
                count = Math.Min(size.Width - left, part.Width - at);
                float* from = row + left;
                nint x = 0;
                for (; x <= count - Vector<float>.Count; x += Vector<float>.Count) (scale * (Vector.Load(from + x) - new Vector<float>(mean))).Store(to + x);
                for (; x < count; x++) to[x] = scale * (from[x] - mean);
            }
        }
    }

    /// <summary>An item is a row of the picture: it gathers all rows of the window that repeat it.</summary>
    readonly struct NormaliseGradientJob(float* window, Shape part, float* factors, float* picture, Shape size, Corner corner) : IJob
    {
        public void Execute(int item, int worker)
        {
            int rows = Math.Min(part.Height, size.Height), c = item / rows, first = item % rows;
            float* row = picture + ((nint)c * size.Height + (corner.Top + first) % size.Height) * size.Width;
            for (int y = first; y < part.Height; y += size.Height)
            {
                float* from = window + ((nint)c * part.Height + y) * part.Width;
                for (int left = corner.Left, at = 0, count; at < part.Width; at += count, from += count, left = 0)
                {
                    count = Math.Min(size.Width - left, part.Width - at);
                    Add(factors[c], from, row + left, count);
                }
            }
        }

        static void Add(float factor, float* from, float* to, nint count)
        {
            nint x = 0;
            for (; x <= count - Vector<float>.Count; x += Vector<float>.Count) (Vector.Load(to + x) + factor * Vector.Load(from + x)).Store(to + x);
            for (; x < count; x++) to[x] += factor * from[x];
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
