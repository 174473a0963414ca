using System.Numerics;
using System.Runtime.InteropServices;

namespace GpuStyle.WeightsLoader;

/// <summary>Little-endian floats of 16 and 64 bits to float32, and the search for values that are not finite.</summary>
static class FloatConversion
{
    const uint Exponent = 0x7F800000;

    /// <summary>IEEE half precision, exactly: subnormal numbers, infinities and NaN included.</summary>
    public static void FromHalf(ReadOnlySpan<ushort> source, Span<float> target)
    {
        int i = 0;
        var words = MemoryMarshal.Cast<float, uint>(target);
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var low, out var high);
            WidenHalf(low).CopyTo(words[i..]);
            WidenHalf(high).CopyTo(words[(i + Vector<uint>.Count)..]);
        }
        for (; i < source.Length; i++) target[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);
    }

    /// <summary>
    /// Moves exponent and mantissa into place and multiplies by 2^112, the difference of the biases: exact, subnormal numbers
    /// included. What was an infinity or a NaN then still needs the largest exponent.
    /// </summary>
    static Vector<uint> WidenHalf(Vector<uint> half)
    {
        var magnitude = Vector.AsVectorSingle((half & new Vector<uint>(0x7FFF)) << 13) * new Vector<float>(5.192296858534828e33f);
        var special = Vector.Equals(half & new Vector<uint>(0x7C00), new Vector<uint>(0x7C00));
        return Vector.AsVectorUInt32(magnitude) | (special & new Vector<uint>(Exponent)) | ((half & new Vector<uint>(0x8000)) << 16);
    }

    /// <summary>bfloat16: the upper half of a float32.</summary>
    public static void FromBrain(ReadOnlySpan<ushort> source, Span<float> target)
    {
        int i = 0;
        var words = MemoryMarshal.Cast<float, uint>(target);
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var low, out var high);
            (low << 16).CopyTo(words[i..]);
            (high << 16).CopyTo(words[(i + Vector<uint>.Count)..]);
        }
        for (; i < source.Length; i++) words[i] = (uint)source[i] << 16;
    }

    /// <summary>float64, rounded to the nearest float32; what is beyond float32's range becomes an infinity.</summary>
    public static void FromDouble(ReadOnlySpan<double> source, Span<float> target)
    {
        int i = 0;
        for (; i <= source.Length - Vector<float>.Count; i += Vector<float>.Count)
            Vector.Narrow(new Vector<double>(source[i..]), new Vector<double>(source[(i + Vector<double>.Count)..])).CopyTo(target[i..]);
        for (; i < source.Length; i++) target[i] = (float)source[i];
    }

    /// <summary>The place of the first NaN or infinity, or -1.</summary>
    public static int IndexOfNonFinite(ReadOnlySpan<float> values)
    {
        int i = 0, width = Vector<uint>.Count;
        var words = MemoryMarshal.Cast<float, uint>(values);
        var exponent = new Vector<uint>(Exponent);
        for (; i <= words.Length - 4 * width; i += 4 * width)
        {
            var found = Vector.Equals(new Vector<uint>(words[i..]) & exponent, exponent)
                | Vector.Equals(new Vector<uint>(words[(i + width)..]) & exponent, exponent)
                | Vector.Equals(new Vector<uint>(words[(i + 2 * width)..]) & exponent, exponent)
                | Vector.Equals(new Vector<uint>(words[(i + 3 * width)..]) & exponent, exponent);
            if (found != Vector<uint>.Zero) break;
        }
        for (; i < words.Length; i++)
            if ((words[i] & Exponent) == Exponent) return i;
        return -1;
    }
}
