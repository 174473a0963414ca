using System.Numerics;
using System.Runtime.Intrinsics;

namespace GpuStyle.Kernels;

/// <content>bfloat16: the upper half of a float32.</content>
internal sealed unsafe partial class SimdVectors
{
    /// <summary>A vector of floats, or of bfloat16 that are unpacked chunk by chunk, or, where <paramref name="wide"/>, in vectors of 512 bits as they are summed.</summary>
    readonly struct Source(float* data, bool packed, bool wide)
    {
        public bool SumsPacked => wide;

        /// <summary>The bfloat16 of a chunk.</summary>
        public ReadOnlySpan<ushort> Packed(nint floats, int item) => new(At(item), (int)Math.Min(Chunk, floats - (nint)item * Chunk));

        /// <summary>Where a chunk begins.</summary>
        public ushort* At(int item) => (ushort*)data + (nint)item * Chunk * (packed ? 1 : 2);

        /// <summary>The floats of a chunk; where they are packed, in <paramref name="unpacked"/>.</summary>
        public Span<float> Slice(nint floats, int item, float* unpacked)
        {
            if (!packed) return SimdVectors.Slice(data, floats, item);
            int count = (int)Math.Min(Chunk, floats - (nint)item * Chunk);
            ushort* from = (ushort*)data + (nint)item * Chunk;
            int i = 0;
            for (; i <= count - Vector<ushort>.Count; i += Vector<ushort>.Count)
            {
                Vector.Widen(Vector.Load(from + i), out var low, out var high);
                Vector.AsVectorSingle(low << 16).Store(unpacked + i);
                Vector.AsVectorSingle(high << 16).Store(unpacked + i + Vector<uint>.Count);
            }
            for (; i < count; i++) unpacked[i] = Float(from[i]);
            return new(unpacked, count);
        }
    }

    /// <summary>
    /// The sum of a b in double precision, with vectors of 512 bits: <see cref="Vector{T}"/> has 256, whose conversions take longer than the memory. What will be wanted
    /// after <paramref name="a"/> is asked for on the way: chunks are too short for the processor to find out by itself.
    /// </summary>
    static double DotPacked(ReadOnlySpan<ushort> a, ReadOnlySpan<float> b, ushort* ahead)
    {
        Vector512<double> even = Vector512<double>.Zero, odd = Vector512<double>.Zero;
        int i = 0;
        for (; i <= a.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            Processor.PrefetchToSecondLevel((float*)(ahead + i));
            var (x, y) = (Floats(a[i..]), Vector512.Create(b[i..]));
            even = Vector512.FusedMultiplyAdd(Vector512.WidenLower(x), Vector512.WidenLower(y), even);
            odd = Vector512.FusedMultiplyAdd(Vector512.WidenUpper(x), Vector512.WidenUpper(y), odd);
        }
        double sum = Vector512.Sum(even + odd);
        for (; i < a.Length; i++) sum += (double)Float(a[i]) * b[i];
        return sum;
    }

    /// <summary>sums += a x + b y, likewise.</summary>
    static void AddPacked(double a, ReadOnlySpan<ushort> x, double b, ReadOnlySpan<ushort> y, double* sums, ushort* aheadX, ushort* aheadY)
    {
        Vector512<double> va = Vector512.Create(a), vb = Vector512.Create(b);
        int i = 0;
        for (; i <= x.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            Processor.PrefetchToSecondLevel((float*)(aheadX + i));
            Processor.PrefetchToSecondLevel((float*)(aheadY + i));
            var (p, q) = (Floats(x[i..]), Floats(y[i..]));
            double* low = sums + i, high = low + Vector512<double>.Count;
            Vector512.FusedMultiplyAdd(vb, Vector512.WidenLower(q), Vector512.FusedMultiplyAdd(va, Vector512.WidenLower(p), Vector512.Load(low))).Store(low);
            Vector512.FusedMultiplyAdd(vb, Vector512.WidenUpper(q), Vector512.FusedMultiplyAdd(va, Vector512.WidenUpper(p), Vector512.Load(high))).Store(high);
        }
        for (; i < x.Length; i++) sums[i] += a * Float(x[i]) + b * Float(y[i]);
    }

    static Vector512<float> Floats(ReadOnlySpan<ushort> packed)
    {
        var (low, high) = Vector256.Widen(Vector256.Create(packed));
        return (Vector512.Create(low, high) << 16).AsSingle();
    }

    static float Float(ushort packed) => BitConverter.UInt32BitsToSingle((uint)packed << 16);

    readonly struct PackJob(float* source, ushort* packed, nint floats) : IJob
    {
        public void Execute(int item, int worker)
        {
            var from = Slice(source, floats, item);
            ushort* to = packed + (nint)item * Chunk;
            int i = 0;
            for (; i <= from.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
                Vector.Narrow(Rounded(new Vector<float>(from[i..])), Rounded(new Vector<float>(from[(i + Vector<float>.Count)..]))).Store(to + i);
            for (; i < from.Length; i++)
            {
                uint bits = BitConverter.SingleToUInt32Bits(from[i]);
                to[i] = (ushort)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
            }
        }

        static Vector<uint> Rounded(Vector<float> values)
        {
            var bits = Vector.AsVectorUInt32(values);
            return (bits + new Vector<uint>(0x7fff) + (bits >> 16 & Vector<uint>.One)) >> 16;
        }
    }
}
