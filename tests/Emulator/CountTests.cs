using GpuStyle.CudaEmulator;

namespace GpuStyle.Tests.Emulator;

/// <summary>What the emulated GPU counts of a kernel, on kernels whose counts are known.</summary>
public sealed class CountTests
{
    /// <summary>
    /// 32 lanes read a word each, so many bytes apart, and write one to the same place: sectors of 32 bytes.
    /// </summary>
    [Theory]
    [InlineData(4, 4)]
    [InlineData(8, 8)]
    [InlineData(32, 32)]
    [InlineData(0, 1)]
    public void Global_memory_is_counted_by_sectors(int stride, int sectors)
    {
        var counts = Counts($"""
            ld.param.b64 %rd3, [input]; mul.wide.u32 %rd4, %r0, {stride}; add.u64 %rd3, %rd3, %rd4; ld.global.b32 %r1, [%rd3];
            ld.param.b64 %rd5, [output]; st.global.b32 [%rd5], %r1;
            """, 32);
        Assert.Equal((32 * sectors, 32), (counts.BytesRead, counts.BytesWritten));
        Assert.Equal((1, 1, 1), (counts.Launches, counts.Blocks, counts.ByOpcode["ld.global.b32"]));
    }

    /// <summary>
    /// 8 lanes write a word each, so many bytes apart: in as many banks of 32, in one, in two; and 32 lanes four words each, a quarter of
    /// them at a time.
    /// </summary>
    [Theory]
    [InlineData("st.shared.b32 [%rd3], %r0;", 4, 8, 1)]
    [InlineData("st.shared.b32 [%rd3], %r0;", 128, 8, 8)]
    [InlineData("st.shared.b32 [%rd3], %r0;", 132, 8, 1)]
    [InlineData("st.shared.b32 [%rd3], %r0;", 64, 8, 4)]
    [InlineData("st.shared.v4.b32 [%rd3], {%r0, %r0, %r0, %r0};", 16, 32, 4)]
    [InlineData("st.shared.v4.b32 [%rd3], {%r0, %r0, %r0, %r0};", 32, 32, 8)]
    public void Shared_memory_is_counted_by_wavefronts(string store, int stride, int threads, int wavefronts)
    {
        var counts = Counts($"mul.wide.u32 %rd4, %r0, {stride}; mov.b64 %rd3, shared; add.u64 %rd3, %rd3, %rd4; {store}", threads);
        Assert.Equal((wavefronts, 0), (counts.Wavefronts, counts.BytesWritten));
    }

    static KernelCounts Counts(string body, int threads)
    {
        var counts = new KernelCounts();
        PtxText.RunText(PtxText.Kernel(body), threads, new uint[256], counts: counts);
        return counts;
    }
}
