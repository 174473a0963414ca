using GpuStyle.CudaEmulator;

namespace GpuStyle.Tests.Emulator;

/// <summary>
/// Kernels with a fault each, which the interpreter must find and name; beside most of them, the kernel without it, which must pass.
/// </summary>
public sealed class PlantedFaultTests
{
    const string Own = "mul.lo.s32 %r1, %r0, 4; cvt.s64.s32 %rd3, %r1; ";
    const string Next = Own + "add.s32 %r2, %r0, 1; and.b32 %r2, %r2, 63; mul.lo.s32 %r2, %r2, 4; cvt.s64.s32 %rd4, %r2; ";
    const string Words = "add.s32 %r2, %r0, 1; and.b32 %r2, %r2, 63; mul.wide.u32 %rd4, %r2, 16; st.shared.v4.b32 [%rd2], {1, 2, 3, 4}; ";
    const string Copy = "cvt.u32.u64 %r9, %rd2; cp.async.cg.shared.global [%r9], [%rd1], 16; cp.async.commit_group; ";
    const string Product =
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%f2, %f3, %f4, %f5}, {%r1, %r1, %r1, %r1}, {%r1, %r1}, {%f1, %f1, %f1, %f1};";

    /// <summary>Shared memory: what 64 threads may not do between two barriers.</summary>
    [Theory]
    [InlineData("threads 0 and 1 write", Next + "st.shared.b32 [%rd3], %r0; st.shared.b32 [%rd4], %r0;",
        Next + "st.shared.b32 [%rd3], %r0; bar.sync 0; st.shared.b32 [%rd4], %r0;")]
    [InlineData("thread 0 reads and thread 1 writes", Next + "st.shared.b32 [%rd3], 1; ld.shared.b32 %r3, [%rd4];",
        Next + "st.shared.b32 [%rd3], 1; bar.sync 0; ld.shared.b32 %r3, [%rd4];")]
    [InlineData("thread 33 writes and thread 32 reads",
        Next + "st.shared.b32 [%rd3], 1; bar.sync 0; ld.shared.b32 %r3, [%rd4]; st.shared.b32 [%rd3], 2;",
        Next + "st.shared.b32 [%rd3], 1; bar.sync 0; ld.shared.b32 %r3, [%rd4]; bar.sync 0; st.shared.b32 [%rd3], 2;")]
    [InlineData("writes and several threads read",
        Own + "st.shared.b32 [%rd3], 1; bar.sync 0; ld.shared.b32 %r3, [shared+252]; st.shared.b32 [%rd3], 2;",
        Own + "st.shared.b32 [%rd3], 1; bar.sync 0; ld.shared.b32 %r3, [shared+252]; bar.sync 0; st.shared.b32 [%rd3], 2;")]
    [InlineData("thread 0 reads and thread 1 writes", Words + "ld.shared.v4.b32 {%r3, %r4, %r5, %r6}, [%rd4];",
        Words + "bar.sync 0; ld.shared.v4.b32 {%r3, %r4, %r5, %r6}, [%rd4];")]
    [InlineData("thread 0 reads word 0 of shared memory, which nobody has written", "ld.shared.b32 %r3, [shared];",
        "st.shared.b32 [%rd2], 1; ld.shared.b32 %r3, [%rd2];")]
    [InlineData("thread 0 reads word 0 of shared memory, which nobody has written", "ld.shared.v4.b32 {%r3, %r4, %r5, %r6}, [%rd2];",
        "st.shared.v4.b32 [%rd2], {1, 2, 3, 4}; ld.shared.v4.b32 {%r3, %r4, %r5, %r6}, [%rd2];")]
    public void Races_and_unwritten_words(string message, string body, string without)
    {
        Assert.Contains(message, Fault(body, 64).Message);
        PtxText.Run(without, 64);
    }

    /// <summary>Asynchronous copies: nobody may read before the wait, nor other threads before the barrier behind it.</summary>
    [Theory]
    [InlineData("has not waited for", Copy + "ld.shared.b32 %r3, [%rd2];", Copy + "cp.async.wait_group 0; ld.shared.b32 %r3, [%rd2];")]
    [InlineData("has not waited for", Copy + "cp.async.wait_group 1; ld.shared.b32 %r3, [%rd2];",
        Copy + "cp.async.commit_group; cp.async.wait_group 1; ld.shared.b32 %r3, [%rd2];")]
    [InlineData("has not waited for",
        "cvt.u32.u64 %r9, %rd2; cp.async.cg.shared.global [%r9], [%rd1], 16; cp.async.wait_group 0; ld.shared.b32 %r3, [%rd2];",
        Copy + "cp.async.wait_group 0; ld.shared.b32 %r3, [%rd2];")]
    [InlineData("reads what thread", Copy + "bar.sync 0; ld.shared.b32 %r3, [shared];",
        Copy + "cp.async.wait_group 0; bar.sync 0; ld.shared.b32 %r3, [shared];")]
    [InlineData("reads and thread 0 writes", Copy + "cp.async.wait_group 0; ld.shared.b32 %r3, [shared];",
        Copy + "cp.async.wait_group 0; bar.sync 0; ld.shared.b32 %r3, [shared];")]
    [InlineData("writes what thread", Copy + "st.shared.b32 [%rd2], 1;", Copy + "cp.async.wait_group 0; st.shared.b32 [%rd2], 1;")]
    [InlineData("race", "st.shared.v4.b32 [%rd2], {1, 1, 1, 1}; bar.sync 0; ld.shared.b32 %r3, [shared+16]; " + Copy,
        "st.shared.v4.b32 [%rd2], {1, 1, 1, 1}; bar.sync 0; ld.shared.b32 %r3, [shared+16]; bar.sync 0; " + Copy)]
    public void Copies_that_are_not_waited_for(string message, string body, string without)
    {
        Assert.Contains(message, Fault(body, 64).Message);
        PtxText.Run(without, 64);
    }

    /// <summary>Whole warps: an aligned instruction that some threads do not come to.</summary>
    [Theory]
    [InlineData("31 of the 32 threads of a warp execute an aligned instruction",
        "setp.eq.s32 %p1, %r0, 3; @%p1 bra END; " + Product + " END:")]
    [InlineData("16 of the 32 threads of a warp execute an aligned instruction",
        "setp.lt.s32 %p1, %r0, 16; @%p1 bra END; bar.sync 0; END:")]
    [InlineData("1 of 2 warps of block 0 of Kernel end while others wait at a barrier",
        "setp.lt.s32 %p1, %r0, 32; @%p1 bra END; bar.sync 0; END:")]
    [InlineData("threads of a warp part at a uniform branch", "setp.lt.s32 %p1, %r0, 16; @%p1 bra.uni END; mov.b32 %r1, 1; END:")]
    public void Threads_apart(string message, string body) =>
        Assert.Contains(message, Fault("mov.b32 %r1, 0; mov.f32 %f1, 0f00000000; " + body, 64).Message);

    /// <summary>Addresses: output has 1,024 bytes, shared memory as many.</summary>
    [Theory]
    [InlineData(700, "4 bytes at byte 1024 of an allocation of 1024 bytes of global memory",
        "ld.param.b64 %rd3, [output]; ld.global.b32 %r1, [%rd3+1024];")]
    [InlineData(700, "16 bytes at byte 1024 of an allocation", "st.global.v4.b32 [%rd0+16], {1, 2, 3, 4};")]
    [InlineData(700, "nothing is allocated", "mov.b64 %rd3, 4096; ld.global.b32 %r1, [%rd3];")]
    [InlineData(700, "global", "ld.param.b64 %rd3, [output]; sub.s64 %rd3, %rd3, 16; ld.global.b32 %r1, [%rd3];")]
    [InlineData(700, "of global memory", "ld.param.b64 %rd3, [output]; red.max.global.s32 [%rd3+1024], 1;")]
    [InlineData(700, "16 bytes at byte 1024 of an allocation", "cvt.u32.u64 %r9, %rd2; cp.async.cg.shared.global [%r9], [%rd1+16], 16;")]
    [InlineData(716, "is not a multiple", "ld.global.b32 %r1, [%rd0+2];")]
    [InlineData(716, "is not a multiple", "ld.global.v4.b32 {%r1, %r2, %r3, %r4}, [%rd0+8];")]
    [InlineData(716, "is not a multiple", "st.global.b64 [%rd0+4], 1;")]
    [InlineData(700, "4 bytes at 1024 of 1024 bytes of shared memory", "st.shared.b32 [shared+1024], 1;")]
    [InlineData(700, "of shared memory", "mov.b64 %rd3, -4; st.shared.b32 [%rd3], 1;")]
    [InlineData(716, "is not a multiple", "st.shared.b64 [%rd2+4], 1;")]
    public void Addresses(int result, string message, string body)
    {
        var fault = Fault(body, 64);
        Assert.Equal((CudaResult)result, fault.Result);
        Assert.Contains(message, fault.Message);
        // What bounds and alignment are is looked at whether or not races are.
        Assert.Equal(fault.Result, Assert.Throws<DeviceFaultException>(() => PtxText.Run(body, 64, checks: false)).Result);
    }

    [Fact]
    public void Quotients_that_are_not_defined() => Assert.Contains("div.s32", Fault("div.s32 %r1, %r0, %r0;", 32).Message);

    /// <summary>A fault says which kernel, block, threads and instruction; of several blocks, the first one's is told.</summary>
    [Fact]
    public void A_fault_says_where_it_is() =>
        Assert.EndsWith("(Kernel, block 0, threads from 32: ld.global.b32 %r1, [%rd3])", Fault(
            "mov.b64 %rd3, %rd0; setp.lt.s32 %p1, %r0, 40; @%p1 bra END; mov.b64 %rd3, 0; ld.global.b32 %r1, [%rd3]; END:", 64).Message);

    /// <summary>What nobody has written is no number: a kernel that forgets a register or global memory gives NaNs, not zeros.</summary>
    [Fact]
    public void What_is_not_written_is_no_number()
    {
        uint[] output = PtxText.Run("st.global.v4.f32 [%rd0], {%f1, %f1, %f1, %f1};");
        Assert.All(output, bits => Assert.True(float.IsNaN(BitConverter.UInt32BitsToSingle(bits))));
        using var memory = new GlobalMemory();
        ulong address = memory.Allocate(64);
        unsafe
        {
            Assert.True(float.IsNaN(*(float*)address));
        }
    }

    /// <summary>Texts that a module is not made of.</summary>
    [Theory]
    [InlineData("unknown instruction fma.rn.f32", "fma.rn.f32 %f1, %f2, %f3, %f4;")]
    [InlineData("unknown instruction add.f16", "add.f16 %f1, %f2, %f3;")]
    [InlineData("the register %r99 is not declared", "mov.b32 %r99, 1;")]
    [InlineData("the register %rd3 has 64 bits, not 32", "mov.b32 %rd3, 1;")]
    [InlineData("the register %p1 has 0 bits, not 32", "mov.b32 %r1, %p1;")]
    [InlineData("there is no label NOWHERE", "bra NOWHERE;")]
    [InlineData("the label HERE is there twice", "HERE: HERE:")]
    [InlineData("the operand hello is not known", "mov.b32 %r1, hello;")]
    [InlineData("the parameter nothing is not declared", "ld.param.b32 %r1, [nothing];")]
    [InlineData("4 bytes at byte 8 of the parameter output, which has 8", "ld.param.b32 %r1, [output+8];")]
    [InlineData(", is expected instead of ;", "add.s32 %r1, %r2;")]
    [InlineData("; is expected instead of ,", "neg.s32 %r1, %r2, %r3;")]
    [InlineData("only barrier 0 is known", "bar.sync 1;")]
    [InlineData("cp.async.cg copies 16 bytes", "cp.async.cg.shared.global [%r1], [%rd1], 8;")]
    [InlineData("a guard is known on branches", "@%p1 ret;")]
    [InlineData("registers of type .b16 are not known", ".reg .b16 %h<3>;")]
    public void Text_that_is_not_known(string message, string body) =>
        Assert.Contains(message, Assert.Throws<PtxException>(() => PtxParser.Parse(PtxText.Kernel(body))).Message);

    [Fact]
    public void A_text_that_is_not_known_says_in_which_line()
    {
        string text = PtxText.Kernel("fma.rn.f32 %f1, %f2, %f3, %f4;");
        int line = text[..text.IndexOf("fma", StringComparison.Ordinal)].Count(c => c == '\n') + 1;
        Assert.StartsWith($"line {line}: ", Assert.Throws<PtxException>(() => PtxParser.Parse(text)).Message);
    }

    [Theory]
    [InlineData("the directive .maxnreg is not known", ".maxnreg 32")]
    [InlineData("the directive .pragma is not known", ".pragma")]
    public void Directives_that_are_not_known(string message, string directive) =>
        Assert.Contains(message, Assert.Throws<PtxException>(() => PtxParser.Parse(PtxText.Kernel("", directive))).Message);

    [Fact]
    public void A_newer_version_is_refused()
    {
        PtxParser.Parse(PtxText.Kernel(""), 80);
        Assert.Throws<UnsupportedVersionException>(() => PtxParser.Parse(PtxText.Kernel(""), 78));
    }

    static DeviceFaultException Fault(string body, int threads) => Assert.Throws<DeviceFaultException>(() => PtxText.Run(body, threads));
}
