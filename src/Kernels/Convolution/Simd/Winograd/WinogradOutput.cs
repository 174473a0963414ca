using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>The last stage: products to outputs, bias and ReLU or mask on the way.</summary>
internal static unsafe class WinogradOutput<TVector, TTile, TEpilogue>
    where TVector : struct, ISimd<TVector>
    where TTile : struct, IWinogradTile
    where TEpilogue : struct, IEpilogue<TVector>
{
    const int Lanes = SimdTensor.BlockChannels;

    /// <summary>Transforms back some output groups of a group of tiles; <paramref name="from"/> are its products of frequency 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Run(in WinogradWork work, TEpilogue epilogue, int group, int firstOutput, int lastOutput, float* from)
    {
        int n = TTile.Inputs, m = TTile.Outputs, size = TVector.Count, rows = WinogradStages<TVector, TTile>.Rows, columns = WinogradStages<TVector, TTile>.Columns;
        int first = group * rows, count = Math.Min(rows, work.Tiles - first), lines = n * m * size;
        float* half = stackalloc float[(TTile.Inputs * TTile.Outputs + 1) * Lanes];
        half = NativeBlock.Aligned(half);
        float* finished = stackalloc float[(TTile.Outputs * TTile.Outputs + 1) * Lanes];
        finished = work.OutputPooling.Any ? NativeBlock.Aligned(finished) : null;
        for (int output = firstOutput; output < lastOutput; output++)
            for (int i = 0; i < count; i++)
            {
                int y = (first + i) / work.TilesAcross * m, x = (first + i) % work.TilesAcross * m, height = Math.Min(m, work.Height - y), width = Math.Min(m, work.Width - x);
                for (int lane = 0; lane < Lanes; lane += size)
                {
                    int channel = output * Lanes + lane;
                    float* products = from + (channel / columns * rows + i) * columns + channel % columns, to = half + lane / size * lines;
                    for (int j = 0; j < n; j++) TTile.Output<TVector, StoreSink<TVector>>(products + j * work.ProductFrequency, n * work.ProductFrequency, new(to + j * size, n * size));
                }
                // A line's parts are stored one soon after the other, so that they leave together.
                float* at = work.Output + output * work.OutputGroupFloats + y * work.RowFloats + x * Lanes;
                for (int j = 0; j < height; j++, at += work.RowFloats)
                    for (int lane = 0; lane < Lanes; lane += size)
                        TTile.Output<TVector, FinishSink>(half + lane / size * lines + j * n * size, size,
                            new(epilogue, output * Lanes + lane, work.Output is null ? null : at + lane, finished is null ? null : finished + j * m * Lanes + lane, width, work.NonTemporal));
                if (finished is not null) work.OutputPooling.Forward<TVector>(finished, m, output, y, x, height, width);
            }
    }

    /// <summary>To the outputs, if they are kept, and to a copy of the tile where one is wanted.</summary>
    readonly struct FinishSink(TEpilogue epilogue, int channel, float* to, float* copy, int width, bool nonTemporal) : ISink<TVector>
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Put(int index, TVector value)
        {
            if (index >= width) return;
            float* at = to + index * Lanes;
            value = epilogue.Finish(value, channel, at);
            if (to is not null)
            {
                if (nonTemporal) TVector.StoreNonTemporal(value, at);
                else TVector.Store(value, at);
            }
            if (copy is not null) TVector.Store(value, copy + index * Lanes);
        }
    }
}
