namespace GpuStyle.Tests.Emulator;

/// <summary>Threads of a warp that take different ways, and warps of a block.</summary>
public sealed class WarpTests
{
    /// <summary>Vectors, lanes, predicates, loads: what is not active keeps its values.</summary>
    [Fact]
    public void Only_active_lanes_change()
    {
        const string Body = """
            mov.b32 %r1, 7; mov.b64 %rd3, 7; mov.b32 %r3, 7; mov.pred %p3, 0; mov.b32 %r4, 7;
            rem.s32 %r2, %r0, 3; setp.eq.s32 %p1, %r2, 0;
            @%p1 bra THEN;
            bra JOIN;
            THEN: add.s32 %r1, %r0, 100; cvt.s64.s32 %rd3, %r0; shl.b32 %r3, %r0, 1; setp.ge.s32 %p3, %r0, 0; ld.global.b32 %r4, [%rd1];
            JOIN: cvt.u32.u64 %r5, %rd3; selp.b32 %r6, 1, 0, %p3; add.s32 %r5, %r5, %r6;
            st.global.v4.b32 [%rd0], {%r1, %r5, %r3, %r4};
            """;
        uint[] output = PtxText.Run(Body, 64, [.. Enumerable.Range(0, 256).Select(i => (uint)i)]);
        for (uint t = 0; t < 64; t++)
            Assert.Equal(t % 3 == 0 ? [t + 100, t + 1, 2 * t, 4 * t] : [7u, 7, 7, 7], output[(int)(4 * t)..(int)(4 * t + 4)]);
    }

    /// <summary>Loops of different lengths, whose lanes are together again behind them: mma would not be allowed otherwise.</summary>
    [Fact]
    public void Lanes_meet_again_behind_a_loop_that_they_leave_one_by_one()
    {
        const string Body = """
            mov.b32 %r1, 0; mov.b32 %r2, 0; mov.f32 %f1, 0f00000000;
            bra HEAD;
            HEAD: setp.lt.s32 %p1, %r1, %r0;
            @%p1 bra AGAIN;
            bra BEHIND;
            BEHIND:
            mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%f2, %f3, %f4, %f5}, {%r2, %r2, %r2, %r2}, {%r2, %r2}, {%f1, %f1, %f1, %f1};
            st.global.b32 [%rd0], %r2;
            ret;
            AGAIN: add.s32 %r1, %r1, 1; add.s32 %r2, %r2, %r1;
            bra HEAD;
            """;
        Assert.Equal(Enumerable.Range(0, 32).Select(t => (uint)(t * (t + 1) / 2)), PtxText.First(PtxText.Run(Body)));
    }

    /// <summary>An if within an if within a loop, with a way that leaves the kernel.</summary>
    [Fact]
    public void Nested_branches_and_early_ends()
    {
        const string Body = """
            mov.b32 %r1, 0; mov.b32 %r2, 0;
            bra HEAD;
            HEAD: setp.ge.s32 %p1, %r1, 4;
            @%p1 bra OUT;
            and.b32 %r3, %r0, 1; setp.eq.s32 %p2, %r3, 0;
            @!%p2 bra ODD;
            setp.eq.s32 %p3, %r0, 6;
            @%p3 bra LEAVE;
            add.s32 %r2, %r2, 10;
            bra NEXT;
            ODD: add.s32 %r2, %r2, 1;
            bra NEXT;
            NEXT: add.s32 %r1, %r1, 1;
            bra HEAD;
            LEAVE: st.global.b32 [%rd0], 99;
            ret;
            OUT: st.global.b32 [%rd0], %r2;
            """;
        Assert.Equal(Enumerable.Range(0, 40).Select(t => t == 6 ? 99u : t % 2 == 0 ? 40u : 4u), PtxText.First(PtxText.Run(Body, 40)));
    }

    [Fact]
    public void Other_instructions_than_branches_may_have_a_guard()
    {
        const string Body =
            "setp.lt.s32 %p1, %r0, 5; mov.b32 %r1, 1; @%p1 mov.b32 %r1, 2; @!%p1 add.s32 %r1, %r1, 2; st.global.b32 [%rd0], %r1;";
        Assert.Equal(Enumerable.Range(0, 32).Select(t => t < 5 ? 2u : 3u), PtxText.First(PtxText.Run(Body)));
    }

    /// <summary>Values go from each thread to the one opposite, across warps, twice.</summary>
    [Fact]
    public void A_barrier_joins_the_warps_of_a_block()
    {
        const string Body = """
            mul.lo.s32 %r1, %r0, 4; cvt.s64.s32 %rd3, %r1;
            sub.s32 %r2, 95, %r0; mul.lo.s32 %r2, %r2, 4; cvt.s64.s32 %rd4, %r2;
            st.shared.b32 [%rd3], %r0;
            bar.sync 0;
            ld.shared.b32 %r3, [%rd4];
            bar.sync 0;
            st.shared.b32 [%rd3], %r3;
            bar.sync 0;
            ld.shared.b32 %r4, [%rd4];
            st.global.v4.b32 [%rd0], {%r3, %r4, %r3, %r4};
            """;
        uint[] output = PtxText.Run(Body, 96);
        for (uint t = 0; t < 96; t++) Assert.Equal([95 - t, t], output[(int)(4 * t)..(int)(4 * t + 2)]);
    }
}
