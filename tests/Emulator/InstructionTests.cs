using System.Globalization;
using GpuStyle.CudaEmulator;

namespace GpuStyle.Tests.Emulator;

/// <summary>
/// What each instruction computes, by the PTX manual: results in register 7, as hexadecimal bits, of operands at the edges.
/// </summary>
public sealed class InstructionTests
{
    /// <summary>
    /// Instructions and the bits of their result. Floats: 3f800000 is 1, 40000000 2, bf800000 -1, 7f800000 infinity, 7fffffff the NaN
    /// that is made.
    /// </summary>
    static readonly string[] Cases =
    [
        // Integer arithmetic: it wraps.
        "add.s32 %r7, 2147483647, 1 -> 80000000",
        "add.s64 %rd7, 9223372036854775807, 1 -> 8000000000000000",
        "add.u64 %rd7, -1, 2 -> 1",
        "sub.s32 %r7, 3, 5 -> fffffffe",
        "sub.s64 %rd7, 3, 5 -> fffffffffffffffe",
        "mul.lo.s32 %r7, 65537, 65537 -> 20001",
        "mul.lo.s64 %rd7, 4294967297, 4294967297 -> 200000001",
        "mul.wide.u32 %rd7, -1, 2 -> 1fffffffe",
        "mad.lo.u64 %rd7, 4294967297, 3, 5 -> 300000008",
        "div.s32 %r7, -7, 2 -> fffffffd",
        "div.s64 %rd7, -7, 2 -> fffffffffffffffd",
        "rem.s32 %r7, -7, 2 -> ffffffff",
        "rem.s64 %rd7, 7, -2 -> 1",
        "neg.s32 %r7, 5 -> fffffffb",
        "min.s32 %r7, -1, 1 -> ffffffff",
        "min.s64 %rd7, -1, 1 -> ffffffffffffffff",
        "max.s32 %r7, -1, 1 -> 1",
        "max.s64 %rd7, -1, 1 -> 1",
        // Logic and shifts.
        "and.b32 %r7, 12, 10 -> 8",
        "or.b32 %r7, 12, 10 -> e",
        "xor.b32 %r7, 12, 10 -> 6",
        "shl.b32 %r7, 3, 31 -> 80000000",
        "shl.b32 %r7, 3, 32 -> 0",
        "shl.b64 %rd7, 3, 63 -> 8000000000000000",
        "shl.b64 %rd7, 3, 64 -> 0",
        "shr.s32 %r7, -8, 1 -> fffffffc",
        "shr.s32 %r7, -8, 99 -> ffffffff",
        "shr.u32 %r7, -8, 28 -> f",
        "shr.u32 %r7, -8, 32 -> 0",
        "shr.s64 %rd7, -8, 2 -> fffffffffffffffe",
        "shr.s64 %rd7, -8, 99 -> ffffffffffffffff",
        // Floats round to nearest even, keep subnormal numbers and make one NaN.
        "add.f32 %f7, 0f3F800000, 0f33800000 -> 3f800000",
        "add.f32 %f7, 0f3F800000, 0f33800001 -> 3f800001",
        "add.f32 %f7, 0f00000001, 0f00000001 -> 2",
        "add.f32 %f7, 0f7F800000, 0fFF800000 -> 7fffffff",
        "sub.f32 %f7, 0f3F800000, 0f40000000 -> bf800000",
        "mul.f32 %f7, 0f7F7FFFFF, 0f40000000 -> 7f800000",
        "mul.f32 %f7, 0fFFC12345, 0f40000000 -> 7fffffff",
        "div.rn.f32 %f7, 0f3F800000, 0f40400000 -> 3eaaaaab",
        "abs.f32 %f7, 0fBF800000 -> 3f800000",
        "neg.f32 %f7, 0f00000000 -> 80000000",
        "min.f32 %f7, 0f7FC00000, 0f40000000 -> 40000000",
        "min.f32 %f7, 0f00000000, 0f80000000 -> 80000000",
        "max.f32 %f7, 0f40000000, 0f7FC00000 -> 40000000",
        "max.f32 %f7, 0f80000000, 0f00000000 -> 0",
        "max.f32 %f7, 0f7FC00000, 0fFFC00000 -> 7fffffff",
        "rcp.rn.f32 %f7, 0f40000000 -> 3f000000",
        "sqrt.rn.f32 %f7, 0f40000000 -> 3fb504f3",
        "sqrt.rn.f32 %f7, 0fBF800000 -> 7fffffff",
        "add.f64 %fd7, 0d3FF0000000000000, 0d3CA0000000000001 -> 3ff0000000000001",
        "sub.f64 %fd7, 0d3FF0000000000000, 0d4000000000000000 -> bff0000000000000",
        "mul.f64 %fd7, 0d4000000000000000, 0d4000000000000000 -> 4010000000000000",
        "div.rn.f64 %fd7, 0d3FF0000000000000, 0d4008000000000000 -> 3fd5555555555555",
        "neg.f64 %fd7, 0d3FF0000000000000 -> bff0000000000000",
        "rcp.rn.f64 %fd7, 0d4000000000000000 -> 3fe0000000000000",
        "sqrt.rn.f64 %fd7, 0d4000000000000000 -> 3ff6a09e667f3bcd",
        // Movement.
        "mov.b32 %r7, -2 -> fffffffe",
        "mov.f32 %f7, 0f3F800000 -> 3f800000",
        "mov.b64 %rd7, 12345678901 -> 2dfdc1c35",
        "mov.f64 %fd7, 0d3FF0000000000000 -> 3ff0000000000000",
        "mov.b64 %rd7, shared -> 0",
        "mov.b32 %r7, %ntid.x -> 20",
        "cvta.to.global.u64 %rd7, 4096 -> 1000",
        // Conversions.
        "cvt.s64.s32 %rd7, -2 -> fffffffffffffffe",
        "cvt.u64.u32 %rd7, -2 -> fffffffe",
        "cvt.s32.s64 %r7, -4294967295 -> 1",
        "cvt.u32.u64 %r7, 4294967298 -> 2",
        "cvt.f64.f32 %fd7, 0f3F800001 -> 3ff0000020000000",
        "cvt.rn.f32.f64 %f7, 0d3FF0000010000000 -> 3f800000",
        "cvt.rn.f32.f64 %f7, 0d3FF0000030000000 -> 3f800002",
        "cvt.rn.f32.s32 %f7, 16777217 -> 4b800000",
        "cvt.rn.f64.s32 %fd7, -1 -> bff0000000000000",
        "cvt.rzi.s32.f32 %r7, 0fBFF33333 -> ffffffff",
        "cvt.rzi.s32.f32 %r7, 0f4F800000 -> 7fffffff",
        "cvt.rzi.s32.f32 %r7, 0f7FC00000 -> 0",
        "cvt.rzi.s64.f32 %rd7, 0f4F800000 -> 100000000",
        "cvt.rn.f16x2.f32 %r7, 0f3F800000, 0fC0000000 -> 3c00c000",
        "cvt.rn.f16x2.f32 %r7, 0f477FF000, 0f7FC00000 -> 7c007fff",
        "cvt.rna.tf32.f32 %r7, 0f3F801000 -> 3f802000",
        "cvt.rna.tf32.f32 %r7, 0f3F800FFF -> 3f800000",
        "cvt.rna.tf32.f32 %r7, 0f7FFFFFFF -> 7fffffff",
        // Selection and predicates.
        "mov.pred %p1, 1; selp.b32 %r7, 3, 4, %p1 -> 3",
        "mov.pred %p1, 0; selp.b64 %rd7, 3, 4, %p1 -> 4",
        "mov.pred %p1, 1; mov.pred %p2, 0; and.pred %p3, %p1, %p2; selp.b32 %r7, 3, 4, %p3 -> 4",
        "mov.pred %p1, 1; mov.pred %p2, 0; or.pred %p3, %p1, %p2; selp.b32 %r7, 3, 4, %p3 -> 3",
        "mov.pred %p1, 1; not.pred %p3, %p1; selp.b32 %r7, 3, 4, %p3 -> 4",
        // Memory; the parameters are the addresses of what is 1, 2, 3, 4 and of what is written.
        "ld.global.b32 %r7, [%rd1+4] -> 2",
        "ld.global.f32 %f7, [%rd1+8] -> 3",
        "ld.global.b64 %rd7, [%rd1] -> 200000001",
        "ld.global.f64 %fd7, [%rd1+8] -> 400000003",
        "ld.global.v4.b32 {%r1, %r2, %r3, %r7}, [%rd1] -> 4",
        "ld.global.v4.f32 {%f1, %f7, %f3, %f4}, [%rd1] -> 2",
        "ld.param.b64 %rd3, [input]; ld.global.b32 %r7, [%rd3] -> 1",
        "ld.param.b64 %rd3, [input]; ld.param.b32 %r3, [input]; cvt.u32.u64 %r4, %rd3; sub.s32 %r7, %r3, %r4 -> 0",
        "ld.param.f32 %f7, [input]; ld.param.b32 %r3, [input]; st.global.f32 [%rd0], %f7; "
            + "ld.global.b32 %r4, [%rd0]; sub.s32 %r7, %r3, %r4 -> 0",
        "ld.param.f64 %fd3, [input]; st.global.f64 [%rd0+8], %fd3; ld.global.b64 %rd3, [%rd0+8]; ld.global.b32 %r7, [%rd3] -> 1",
        "st.global.b32 [%rd0+4], 5; ld.global.b32 %r7, [%rd0+4] -> 5",
        "st.global.f32 [%rd0+4], 0f3F800000; ld.global.b32 %r7, [%rd0+4] -> 3f800000",
        "st.global.b64 [%rd0+8], 5; ld.global.b64 %rd7, [%rd0+8] -> 5",
        "st.global.v4.b32 [%rd0], {5, 6, 7, 8}; ld.global.b32 %r7, [%rd0+8] -> 7",
        "mov.f32 %f1, 0f3F800000; st.global.v4.f32 [%rd0], {%f1, %f1, %f1, %f1}; ld.global.b32 %r7, [%rd0+12] -> 3f800000",
        "st.shared.b32 [%rd2], 5; ld.shared.b32 %r7, [%rd2] -> 5",
        "st.shared.f32 [%rd2+4], 0f3F800000; ld.shared.f32 %f7, [%rd2+4] -> 3f800000",
        "st.shared.b64 [%rd2+8], -1; ld.shared.b64 %rd7, [%rd2+8] -> ffffffffffffffff",
        "st.shared.f64 [%rd2+8], 0d3FF0000000000000; ld.shared.f64 %fd7, [%rd2+8] -> 3ff0000000000000",
        "st.shared.v4.b32 [%rd2], {5, 6, 7, 8}; ld.shared.v4.b32 {%r1, %r2, %r7, %r4}, [%rd2] -> 7",
        "mov.f32 %f1, 0f3F800000; st.shared.v4.f32 [%rd2], {%f1, %f1, %f1, %f1}; ld.shared.v4.f32 {%f2, %f3, %f7, %f4}, [%rd2] -> 3f800000",
        "ld.param.b64 %rd3, [output]; red.max.global.s32 [%rd3+4], %r0; ld.global.b32 %r7, [%rd3+4] -> 1f",
        "ld.param.b64 %rd3, [output]; sub.s32 %r1, 0, %r0; red.global.max.s32 [%rd3+4], %r1; ld.global.b32 %r7, [%rd3+4] -> 0",
        // Control.
        "mov.b32 %r7, 1; bra.uni END; mov.b32 %r7, 2; END: -> 1",
        "mov.b32 %r7, 1; bra END; mov.b32 %r7, 2; END: -> 1",
        "st.shared.b32 [%rd2], %r0; bar.sync 0; ld.shared.b32 %r7, [shared+16] -> 1",
        "cp.async.cg.shared.global [shared_of_thread], [%rd1], 16; cp.async.commit_group; cp.async.wait_group 0; "
            + "ld.shared.b32 %r7, [%rd2+12] -> 4",
        "mov.b32 %r7, 1; ret; mov.b32 %r7, 2 -> 0",
    ];

    public static IEnumerable<TheoryDataRow<string>> All() => Cases.Concat(Comparisons()).Select(c => new TheoryDataRow<string>(c));

    [Theory]
    [MemberData(nameof(All))]
    public void Gives_what_the_manual_says(string item)
    {
        string[] parts = item.Split(" -> ");
        string body = parts[0].EndsWith(':') ? parts[0] : parts[0] + ";";
        // An address of shared memory in 32 bits.
        if (body.Contains("shared_of_thread")) body = "cvt.u32.u64 %r9, %rd2; " + body.Replace("shared_of_thread", "%r9");
        string store = body.Contains("%r7") ? "st.global.b32 [%rd0], %r7;" : body.Contains("%f7") ? "st.global.f32 [%rd0], %f7;"
            : body.Contains("%rd7") ? "st.global.b64 [%rd0], %rd7;" : "st.global.f64 [%rd0], %fd7;";
        uint[] input = [.. Enumerable.Range(0, 32).SelectMany(_ => new uint[] { 1, 2, 3, 4 })];
        uint[] output = PtxText.Run($"{body} {store}", 32, input);
        ulong expected = ulong.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        bool wide = store.Contains("64");
        for (int thread = 0; thread < 32; thread++)
            Assert.Equal(expected, output[4 * thread] | (wide ? (ulong)output[4 * thread + 1] << 32 : 0));
    }

    /// <summary>Those of the matrices' products are tested with their fragments.</summary>
    [Fact]
    public void Every_instruction_is_tested()
    {
        string all = string.Join('\n', All().Select(row => row.Data)) + "\n";
        Assert.Equal(["mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32"],
            InstructionTable.Opcodes.Where(o => !all.Contains(o + " ") && !all.Contains(o + ";")).Order());
    }

    /// <summary>Every comparison of every type: less, equal, greater, and a NaN on either side.</summary>
    static IEnumerable<string> Comparisons()
    {
        foreach (string opcode in InstructionTable.Opcodes.Where(o => o.StartsWith("setp", StringComparison.Ordinal)))
        {
            string[] parts = opcode.Split('.');
            string how = parts[1], type = parts[2];
            (string Low, string High, string NaN) = type switch
            {
                "f32" => ("0fBF800000", "0f3F800000", "0f7FC00000"),
                "f64" => ("0dBFF0000000000000", "0d3FF0000000000000", "0d7FF8000000000000"),
                "s32" or "s64" => ("-1", "1", ""),
                _ => ("1", "-1", ""),
            };
            bool orNaN = how is "neu" or "ltu" or "leu" or "gtu" or "geu";
            string kind = how is "lo" or "ls" or "hi" or "hs" ? how[..1] + (how[1] == 's' ? "e" : "") : orNaN ? how[..2] : how;
            bool less = kind is "lt" or "le" or "l" or "ne";
            bool equal = kind is "eq" or "le" or "ge" or "he";
            bool greater = kind is "gt" or "ge" or "h" or "he" or "ne";
            yield return Row(Low, High, less);
            yield return Row(Low, Low, equal);
            yield return Row(High, Low, greater);
            if (NaN.Length == 0) continue;
            yield return Row(NaN, Low, orNaN);
            yield return Row(Low, NaN, orNaN);

            string Row(string a, string b, bool holds) => $"{opcode} %p1, {a}, {b}; selp.b32 %r7, 1, 0, %p1 -> {(holds ? 1 : 0)}";
        }
    }
}
