using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuStyle.Kernels;

/// <summary>
/// 16-bit integers with scales, sixty-four inputs (a part) at a time: each tile's and each output's weights are scaled to fill 16 bits, or so that no sum of
/// products leaves 32. The sums are exact; parts are added in float32.
/// <code>
/// inputs  [frequency][group][part] of { [row][64] 16-bit, [row] float scales }
/// weights [frequency][panel][part] of { [pair of inputs][column][2] 16-bit, [column] float scales }
/// </code>
/// Twice the products an instruction as with float32, half the memory. Of a value x the integer nearest to x / scale is stored (docs/decisions/int16.md).
/// </summary>
internal readonly unsafe struct Int16Operands : IWinogradOperands
{
    const int Lanes = SimdTensor.BlockChannels, PartGroups = 4, Part = PartGroups * Lanes;

    /// <summary>The largest integer of an operand.</summary>
    const float Largest = short.MaxValue;

    /// <summary>
    /// The largest Euclidean norm of a part of an operand, so that a sum of products fits 32 bits, being no larger than the product of the norms (Cauchy and Schwarz):
    /// the root of 2^31, less what rounding adds.
    /// </summary>
    const float LargestNorm = 46340 - 8;

    /// <summary>Inputs that are all smaller than this are 0: far above where their scale would stop being a normal number.</summary>
    const float Smallest = 1e-30f;

    /// <summary>Weights that are all smaller than this are 0: far above where their squares would stop being normal numbers.</summary>
    const float SmallestWeight = 1e-15f;

    public static int InputUnit => PartGroups;

    public static int InputFloats<TVector, TTile>(int inputGroups)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile => Parts(inputGroups) * PartFloats<TVector, TTile>();

    public static int PanelFloats<TVector, TTile>(int inputGroups)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile => Parts(inputGroups) * Int16Kernel<TVector>.WeightFloats;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Input<TVector, TTile>(in WinogradWork work, int group, int firstInput, int lastInput, float* to)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile
    {
        int rows = WinogradStages<TVector, TTile>.Rows, frequencies = WinogradStages<TVector, TTile>.Frequencies, first = group * rows, count = Math.Min(rows, work.Tiles - first);
        float* space = stackalloc float[WinogradStages<TVector, TTile>.SpaceFloats + frequencies * Part + Lanes];
        float* tile = NativeBlock.Aligned(space);
        space = tile + frequencies * Part;
        to += firstInput / PartGroups * PartFloats<TVector, TTile>();
        for (int c = firstInput; c < lastInput; c += PartGroups, to += PartFloats<TVector, TTile>())
        {
            int groups = Math.Min(PartGroups, lastInput - c);
            for (int i = 0; i < count; i++)
            {
                for (int k = 0; k < groups; k++) WinogradStages<TVector, TTile>.Transform(work, first + i, c + k, tile + k * Lanes, Part, space);
                // Both tiles have a multiple of four frequencies.
                for (int f = 0; f < frequencies; f += 4)
                    Scale<TVector>(tile + f * Part, groups, to + f * work.InputFrequency, work.InputFrequency, i * Int16Kernel<TVector>.RowFloats, rows * Int16Kernel<TVector>.RowFloats + i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TVector, TTile>(in WinogradWork work, int frequency, int firstGroup, int groups, int firstPanel, int lastPanel, nint* segments, float* inputs, float* products)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile
    {
        int rows = WinogradStages<TVector, TTile>.Rows, columns = WinogradStages<TVector, TTile>.Columns, tile = rows * columns, partFloats = PartFloats<TVector, TTile>();
        nint groupInputs = InputFloats<TVector, TTile>(work.InputGroups), groupProducts = (nint)work.Panels * tile, line = Math.Min(columns, Lanes);
        float* weights = work.Weights + frequency * work.WeightFrequency + (nint)firstPanel * work.PanelFloats;
        inputs += frequency * work.InputFrequency;
        products += frequency * work.ProductFrequency + firstPanel * tile;
        int parts = Parts(work.InputGroups);
        for (int panel = firstPanel; panel < lastPanel; panel++, weights += work.PanelFloats, products += tile)
            for (int part = 0; part < parts; part++)
            {
                float* own = weights + part * Int16Kernel<TVector>.WeightFloats;
                int pairs = Math.Min(PartGroups, work.InputGroups - part * PartGroups) * (Lanes / 2);
                for (int g = 0; g < groups; g++)
                {
                    // The first groups ask for the panel behind this one, a line for each row of weights.
                    bool ahead = g * line < columns;
                    Int16Kernel<TVector>.Run(inputs + g * groupInputs + part * partFloats, pairs, own, products + g * groupProducts,
                        ahead ? own + work.PanelFloats + g * line * pairs : own, ahead ? line : 0, work.Tiles - (firstGroup + g) * rows, add: part > 0);
                }
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Weights<TVector, TTile>(in WinogradKernel source, int panel, int firstInput, float* to, nint frequencyFloats)
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile
    {
        int columns = WinogradStages<TVector, TTile>.Columns, frequencies = WinogradStages<TVector, TTile>.Frequencies, floats = frequencies * columns, size = TVector.Count;
        int first = firstInput * Lanes, last = Math.Min(source.Inputs, first + Part);
        float* space = stackalloc float[WinogradKernel.SpaceFloats<TVector, TTile>() + 4 * floats];
        float* low = space + WinogradKernel.SpaceFloats<TVector, TTile>(), high = low + floats, largest = high + floats, squares = largest + floats;
        new Span<float>(largest, 2 * floats).Clear();
        for (int i = first; i < last; i++)
        {
            source.Transform<TVector, TTile>(panel, i, low, columns, space);
            for (int j = 0; j < floats; j += size)
            {
                TVector x = TVector.Load(low + j);
                TVector.Store(TVector.MaxMagnitude(x, TVector.Load(largest + j)), largest + j);
                TVector.Store(TVector.MultiplyAdd(x, x, TVector.Load(squares + j)), squares + j);
            }
        }
        to += firstInput / PartGroups * Int16Kernel<TVector>.WeightFloats;
        for (int f = 0; f < frequencies; f++)
            for (int o = 0; o < columns; o++)
            {
                int at = f * columns + o;
                float scale = largest[at] < SmallestWeight ? 0 : Math.Max(largest[at] / Largest, MathF.Sqrt(squares[at]) / LargestNorm);
                to[f * frequencyFloats + Int16Kernel<TVector>.WeightFloats - columns + o] = scale;
                largest[at] = scale > 0 ? 1 / scale : 0;
            }
        for (int i = first; i < last; i += 2)
        {
            source.Transform<TVector, TTile>(panel, i, low, columns, space);
            if (i + 1 < last) source.Transform<TVector, TTile>(panel, i + 1, high, columns, space);
            else new Span<float>(high, floats).Clear();
            float* row = to + (i - first) / 2 * columns;
            for (int f = 0; f < frequencies; f++)
                for (int o = 0; o < columns; o += size)
                {
                    int at = f * columns + o;
                    TVector factor = TVector.Load(largest + at);
                    TVector.Store(TVector.ToPairs(TVector.Multiply(TVector.Load(low + at), factor), TVector.Multiply(TVector.Load(high + at), factor)), row + f * frequencyFloats + o);
                }
        }
    }

    static int Parts(int inputGroups) => (inputGroups + PartGroups - 1) / PartGroups;

    /// <summary>A group of tiles' part with its scales, whole lines.</summary>
    static int PartFloats<TVector, TTile>()
        where TVector : struct, ISimd<TVector>
        where TTile : struct, IWinogradTile => WinogradStages<TVector, TTile>.Rows * Int16Kernel<TVector>.RowFloats + Lanes;

    /// <summary>
    /// Four frequencies of a tile's part as integers, <paramref name="values"/> floats behind their frequency's place, and their scales, <paramref name="scale"/> floats
    /// behind it: not a number where one of the values is not finite.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Scale<TVector>(float* from, int groups, float* to, nint frequency, int values, int scale)
        where TVector : struct, ISimd<TVector>
    {
        Magnitudes<TVector>(from, groups, out var largestA, out var sumA);
        Magnitudes<TVector>(from + Part, groups, out var largestB, out var sumB);
        Magnitudes<TVector>(from + 2 * Part, groups, out var largestC, out var sumC);
        Magnitudes<TVector>(from + 3 * Part, groups, out var largestD, out var sumD);
        Transpose(ref largestA, ref largestB, ref largestC, ref largestD);
        Transpose(ref sumA, ref sumB, ref sumC, ref sumD);
        // Integers, so that what is not a number is the largest.
        var largest = Vector128.Max(Vector128.Max(largestA.AsInt32(), largestB.AsInt32()), Vector128.Max(largestC.AsInt32(), largestD.AsInt32())).AsSingle();
        // The sum of squares is at most the largest times the sum, and neither factor overflows where squares would.
        var norm = Vector128.Sqrt(largest) * Vector128.Sqrt(sumA + sumB + (sumC + sumD));
        var scales = Vector128.Max(largest / Largest, norm / LargestNorm);
        scales = Vector128.AndNot(scales, Vector128.LessThan(largest, Vector128.Create(Smallest)));
        scales = Vector128.ConditionalSelect(Vector128.LessThanOrEqual(norm, Vector128.Create(float.MaxValue)), scales, Vector128.Create(float.NaN));
        var factors = Vector128.GreaterThan(scales, Vector128<float>.Zero) & (Vector128<float>.One / scales);
        for (int i = 0; i < 4; i++, from += Part, to += frequency)
        {
            to[scale] = scales[i];
            TVector factor = TVector.Create(factors[i]);
            for (int k = 0; k < groups; k++) TVector.StoreInt16(from + k * Lanes, factor, (short*)(to + values) + k * Lanes);
        }
    }

    /// <summary>The largest and the sum of the absolute values, in parts of them that go to each place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Magnitudes<TVector>(float* from, int groups, out Vector128<float> largest, out Vector128<float> sum)
        where TVector : struct, ISimd<TVector>
    {
        TVector most = TVector.Zero, all = TVector.Zero;
        for (int i = 0; i < groups * Lanes; i += TVector.Count)
        {
            TVector magnitude = TVector.MaxMagnitude(TVector.Load(from + i), TVector.Zero);
            most = TVector.MaxMagnitude(magnitude, most);
            all = TVector.Add(magnitude, all);
        }
        (largest, sum) = (TVector.FoldMax(most), TVector.Fold(all));
    }

    /// <summary>Rows to columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Transpose(ref Vector128<float> a, ref Vector128<float> b, ref Vector128<float> c, ref Vector128<float> d)
    {
        Vector128<float> ab = Sse.UnpackLow(a, b), cd = Sse.UnpackLow(c, d), abHigh = Sse.UnpackHigh(a, b), cdHigh = Sse.UnpackHigh(c, d);
        (a, b, c, d) = (Sse.MoveLowToHigh(ab, cd), Sse.MoveHighToLow(cd, ab), Sse.MoveLowToHigh(abHigh, cdHigh), Sse.MoveHighToLow(cdHigh, abHigh));
    }
}
