using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuStyle.Kernels;

/// <content>
/// Packed vectors (<see cref="PackedFormat"/>). Reading them is what takes the time: what will be wanted next is asked for on the way, since chunks are too
/// short for the processor to find out by itself, and products are added as floats before they are widened.
/// </content>
internal sealed unsafe partial class SimdVectors
{
    /// <summary>Packed vectors that are combined at once.</summary>
    const int PackedAtOnce = 4;

    /// <summary>A vector of floats, or a packed one.</summary>
    readonly struct Source(float* data, nint floats, bool packed)
    {
        public bool Packed => packed;

        /// <summary>Values of a chunk.</summary>
        public int Count(int item) => (int)Math.Min(Chunk, floats - (nint)item * Chunk);

        /// <summary>A chunk's floats.</summary>
        public Span<float> Slice(int item) => SimdVectors.Slice(data, floats, item);

        /// <summary>A chunk's bytes.</summary>
        public sbyte* Bytes(int item) => (sbyte*)data + (nint)item * Chunk;

        /// <summary>Their scales.</summary>
        public float* Scales(int item) => data + PackedFormat.Words(floats) + (nint)item * (Chunk / PackedFormat.Block);
    }

    /// <summary>The inner product of a packed chunk and <paramref name="b"/>: eight of a block's products at a time in float32, their sum in double precision.</summary>
    static double DotPacked(Source a, int item, float* b, sbyte* ahead)
    {
        b += (nint)item * Chunk;
        sbyte* bytes = a.Bytes(item);
        float* scale = a.Scales(item);
        Vector256<double> low = default, high = default;
        int i = 0, count = a.Count(item);
        for (; i <= count - PackedFormat.Block; i += PackedFormat.Block, scale++)
        {
            Processor.PrefetchToSecondLevel((float*)(ahead + i));
            Vector256<float> even = default, odd = default;
            for (int j = i; j < i + PackedFormat.Block; j += 2 * Vector256<float>.Count)
            {
                even = Vector256.MultiplyAddEstimate(Floats(bytes + j), Vector256.Load(b + j), even);
                odd = Vector256.MultiplyAddEstimate(Floats(bytes + j + Vector256<float>.Count), Vector256.Load(b + j + Vector256<float>.Count), odd);
            }
            var sum = even + odd;
            var factor = Vector256.Create((double)*scale);
            low = Vector256.MultiplyAddEstimate(factor, Vector256.WidenLower(sum), low);
            high = Vector256.MultiplyAddEstimate(factor, Vector256.WidenUpper(sum), high);
        }
        double rest = 0;
        for (int j = i; j < count; j++) rest += (double)bytes[j] * b[j];
        return Vector256.Sum(low + high) + (i < count ? *scale * rest : 0);
    }

    /// <summary>sums += coefficients[v] vectors[v], of up to four packed chunks, whose sum is rounded to float32 first; <paramref name="ahead"/> more of them follow.</summary>
    static void AddPacked(Source* vectors, double* coefficients, int count, int ahead, int item, double* sums)
    {
        // Where there are fewer the last one is added again, 0 times.
        Source second = vectors[Math.Min(1, count - 1)], third = vectors[Math.Min(2, count - 1)], fourth = vectors[count - 1];
        sbyte* a = vectors[0].Bytes(item), b = second.Bytes(item), c = third.Bytes(item), d = fourth.Bytes(item);
        float* ofA = vectors[0].Scales(item), ofB = second.Scales(item), ofC = third.Scales(item), ofD = fourth.Scales(item);
        double timesB = count > 1 ? coefficients[1] : 0, timesC = count > 2 ? coefficients[2] : 0, timesD = count > 3 ? coefficients[3] : 0;
        int length = vectors[0].Count(item);
        for (int i = 0, block = 0; i < length; i += PackedFormat.Block, block++)
        {
            for (int v = count; v < count + ahead; v++) Processor.PrefetchToSecondLevel((float*)(vectors[v].Bytes(item) + i));
            float x = (float)(coefficients[0] * ofA[block]), y = (float)(timesB * ofB[block]), z = (float)(timesC * ofC[block]), w = (float)(timesD * ofD[block]);
            int end = Math.Min(i + PackedFormat.Block, length), j = i;
            for (; j <= end - Vector256<float>.Count; j += Vector256<float>.Count)
            {
                var sum = Vector256.Create(x) * Floats(a + j);
                sum = Vector256.MultiplyAddEstimate(Vector256.Create(y), Floats(b + j), sum);
                sum = Vector256.MultiplyAddEstimate(Vector256.Create(z), Floats(c + j), sum);
                sum = Vector256.MultiplyAddEstimate(Vector256.Create(w), Floats(d + j), sum);
                (Vector256.Load(sums + j) + Vector256.WidenLower(sum)).Store(sums + j);
                double* high = sums + j + Vector256<double>.Count;
                (Vector256.Load(high) + Vector256.WidenUpper(sum)).Store(high);
            }
            for (; j < end; j++) sums[j] += x * a[j] + y * b[j] + z * c[j] + w * d[j];
        }
    }

    /// <summary>Eight bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<float> Floats(sbyte* bytes)
    {
        if (Avx2.IsSupported) return Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(bytes));
        var (low, high) = Vector128.Widen(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(long*)bytes).AsSByte()));
        return Vector256.ConvertToSingle(Vector256.Create(low, high));
    }

    readonly struct PackJob(float* source, Source packed) : IJob
    {
        public void Execute(int item, int worker)
        {
            float* from = source + (nint)item * Chunk;
            sbyte* to = packed.Bytes(item);
            float* scale = packed.Scales(item);
            for (int length = packed.Count(item), i = 0; i < length; i += PackedFormat.Block, scale++) Block(from + i, Math.Min(PackedFormat.Block, length - i), to + i, scale);
        }

        static void Block(float* from, int count, sbyte* to, float* scale)
        {
            int i = 0, size = Vector256<float>.Count;
            var most = Vector256<float>.Zero;
            for (; i <= count - size; i += size) most = Vector256.Max(most, Vector256.Abs(Vector256.Load(from + i)));
            float greatest = 0;
            for (int lane = 0; lane < size; lane++) greatest = Math.Max(greatest, most[lane]);
            for (; i < count; i++) greatest = Math.Max(greatest, Math.Abs(from[i]));
            var (bits, inverseBits) = PackedFormat.Scales(BitConverter.SingleToInt32Bits(greatest));
            *scale = BitConverter.Int32BitsToSingle(bits);
            float inverse = BitConverter.Int32BitsToSingle(inverseBits);
            for (i = 0; i <= count - 4 * size; i += 4 * size)
                Vector256.Narrow(Vector256.Narrow(Rounded(from + i, inverse), Rounded(from + i + size, inverse)),
                    Vector256.Narrow(Rounded(from + i + 2 * size, inverse), Rounded(from + i + 3 * size, inverse))).Store(to + i);
            for (; i < count; i++) to[i] = (sbyte)BitConverter.SingleToInt32Bits(Math.Clamp(from[i] * inverse, -PackedFormat.Most, PackedFormat.Most) + PackedFormat.ToInteger);
        }

        /// <summary>Integers, in the lowest bits.</summary>
        static Vector256<int> Rounded(float* from, float inverse)
        {
            var values = Vector256.Max(Vector256.Create(-PackedFormat.Most), Vector256.Min(Vector256.Create(PackedFormat.Most), Vector256.Load(from) * inverse));
            return (values + Vector256.Create(PackedFormat.ToInteger)).AsInt32();
        }
    }
}
