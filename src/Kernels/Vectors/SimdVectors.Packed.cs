using System.Numerics;

namespace GpuStyle.Kernels;

/// <content>bfloat16: the upper half of a float32.</content>
internal sealed unsafe partial class SimdVectors
{
    /// <summary>A vector of floats, or of bfloat16 that are unpacked chunk by chunk.</summary>
    readonly struct Source(float* data, bool packed)
    {
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
            for (; i < count; i++) unpacked[i] = BitConverter.UInt32BitsToSingle((uint)from[i] << 16);
            return new(unpacked, count);
        }
    }

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
