namespace GpuStyle.Tests.Emulator;

/// <summary>
/// mma against the product of whole matrices. Where a register's number lies in its matrix is written here as the PTX manual writes it,
/// in "Matrix Fragments for mma.m16n8k8" and "mma.m16n8k16": by group = lane / 4 and thread = lane % 4.
/// </summary>
public sealed class MatrixProductTests
{
    [Fact]
    public void Tf32()
    {
        float[] a = Values(16 * 8, 1), b = Values(8 * 8, 2), c = Values(16 * 8, 3);
        uint A(int lane, int i) => Bits(a[(lane / 4 + (i is 1 or 3 ? 8 : 0)) * 8 + lane % 4 + (i >= 2 ? 4 : 0)]);
        uint B(int lane, int i) => Bits(b[(lane % 4 + 4 * i) * 8 + lane / 4]);
        Check("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", 8, a, b, c, A, B);
    }

    [Fact]
    public void Half()
    {
        float[] a = Values(16 * 16, 1), b = Values(16 * 8, 2), c = Values(16 * 8, 3);
        uint A(int lane, int i) => Pair(half => a[(lane / 4 + (i is 1 or 3 ? 8 : 0)) * 16 + lane % 4 * 2 + half + (i >= 2 ? 8 : 0)]);
        uint B(int lane, int i) => Pair(half => b[(lane % 4 * 2 + half + 8 * i) * 8 + lane / 4]);
        Check("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", 16, a, b, c, A, B);
    }

    /// <summary>The 13 lower bits of a TF32 operand are not looked at.</summary>
    [Fact]
    public void Tf32_ignores_what_is_below()
    {
        const string Body = """
            mov.b32 %r1, 1065353216; mov.b32 %r2, 1065361407; mov.f32 %f1, 0f00000000;
            mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%f2, %f3, %f4, %f5}, {%r2, %r2, %r2, %r2}, {%r1, %r1}, {%f1, %f1, %f1, %f1};
            st.global.v4.f32 [%rd0], {%f2, %f3, %f4, %f5};
            """;
        Assert.All(PtxText.Run(Body), bits => Assert.Equal(8, BitConverter.UInt32BitsToSingle(bits)));
    }

    /// <summary>Subnormal halves, infinity and a NaN.</summary>
    [Theory]
    [InlineData(0x0001, 0x33800000u)]
    [InlineData(0x8001, 0xb3800000u)]
    [InlineData(0x03ff, 0x387fc000u)]
    [InlineData(0x7c00, 0x7f800000u)]
    [InlineData(0x7e00, 0x7fffffffu)]
    public void Half_numbers_at_the_edges(int half, uint expected)
    {
        // Only the first column of a is not 0, and is the number; the first row of b is 1.
        string body = $$"""
            rem.s32 %r1, %r0, 4; setp.eq.s32 %p1, %r1, 0;
            selp.b32 %r2, {{half}}, 0, %p1; selp.b32 %r3, 15360, 0, %p1; mov.b32 %r4, 0; mov.f32 %f1, 0f00000000;
            mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%f2, %f3, %f4, %f5}, {%r2, %r2, %r4, %r4}, {%r3, %r4}, {%f1, %f1, %f1, %f1};
            st.global.v4.f32 [%rd0], {%f2, %f3, %f4, %f5};
            """;
        Assert.All(PtxText.Run(body), bits => Assert.Equal(expected, bits));
    }

    static void Check(string instruction, int depth, float[] a, float[] b, float[] c,
        Func<int, int, uint> wordOfA, Func<int, int, uint> wordOfB)
    {
        // Twelve words a thread: a, b with two of nothing, c.
        string body = $$"""
            mul.wide.u32 %rd3, %r0, 32; add.u64 %rd1, %rd1, %rd3;
            ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%rd1];
            ld.global.v4.b32 {%r5, %r6, %r7, %r8}, [%rd1+16];
            ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%rd1+32];
            {{instruction}} {%f1, %f2, %f3, %f4}, {%r1, %r2, %r3, %r4}, {%r5, %r6}, {%f1, %f2, %f3, %f4};
            st.global.v4.f32 [%rd0], {%f1, %f2, %f3, %f4};
            """;
        static int At(int lane, int i) => (lane / 4 + (i >= 2 ? 8 : 0)) * 8 + lane % 4 * 2 + i % 2;
        uint[] input = [.. Enumerable.Range(0, 32).SelectMany(lane => (IEnumerable<uint>)
            [.. Enumerable.Range(0, 4).Select(i => wordOfA(lane, i)), wordOfB(lane, 0), wordOfB(lane, 1), 0, 0,
                .. Enumerable.Range(0, 4).Select(i => Bits(c[At(lane, i)]))])];
        uint[] output = PtxText.Run(body, 32, input);
        for (int lane = 0; lane < 32; lane++)
            for (int i = 0; i < 4; i++)
            {
                int row = At(lane, i) / 8, column = At(lane, i) % 8;
                float expected = c[8 * row + column] + Enumerable.Range(0, depth).Sum(k => a[row * depth + k] * b[8 * k + column]);
                Assert.Equal(expected, BitConverter.UInt32BitsToSingle(output[4 * lane + i]));
            }
    }

    /// <summary>Small integers, so that sums are exact in any order.</summary>
    static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)random.Next(-50, 50))];
    }

    static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    static uint Pair(Func<int, float> half) =>
        BitConverter.HalfToUInt16Bits((Half)half(0)) | (uint)BitConverter.HalfToUInt16Bits((Half)half(1)) << 16;
}
