using GpuStyle.Benchmarks;

namespace GpuStyle.Tests.Kernels;

/// <summary>What is counted of a loop of NVIDIA's machine code, on some lines made up in nvdisasm's form.</summary>
public sealed class SassLoopTests
{
    /// <summary>
    /// A load that sets scoreboard 2, a copy, a reciprocal and a product that waits for that scoreboard; then, behind the first product, one
    /// that the next turn's first product does not wait for.
    /// </summary>
    static readonly string Text = string.Join('\n', Lines(
        ".L_x_0:", Row("LDG.E.128 R4, [R2.64]", sets: 2), Row("MOV R8, R9"), Row("MUFU.RCP R10, R10"), Row("LDS.128 R12, [R11]"),
        Row("HMMA.1688.F32.TF32 R4, R4, R8, R12", waits: 1 << 2), Row("@!P0 LDG.E R20, [R2.64]", sets: 3),
        Row("HMMA.1688.F32.TF32 R16, R4, R8, R16"), Row("IADD3 R2, R2, 0x10, RZ", waits: 1 << 3), Row("@P0 BRA `(.L_x_0)"),
        ".L_x_1:", Row("EXIT"), ".L_x_2:", Row("BRA `(.L_x_2)")));

    [Fact]
    public void Instructions_of_the_innermost_loop_are_counted()
    {
        var loop = new SassLoop(Assert.Single(SassLoop.Innermost(SassInstruction.Read(Text))), "sm_80");
        Assert.Equal((2, 1, 9, 1, 1), (loop.Products, loop.Moves, loop.Instructions, loop.LateLoads, loop.Divisions));
        // 2 products of 8 clocks; shared memory has 16, a 16-byte access of a warp for four quarters: as many.
        Assert.Equal(1, loop.Share);
    }

    [Fact]
    public void Scheduling_words_are_read()
    {
        var load = SassInstruction.Read(Text)[1];
        Assert.Equal(("LDG.E.128", "LDG", 2), (load.Operation, load.Stem, load.Sets));
        Assert.False(load.WaitsFor(2));
        Assert.True(SassInstruction.Read(Text)[5].WaitsFor(2));
        Assert.Equal("!P0", SassInstruction.Read(Text)[6].Guard);
    }

    /// <summary>By hand from the programming guide's tables: registers, shared memory and warps are the limit in turn.</summary>
    [Theory]
    [InlineData("sm_90", 128, 126, 35328, 4)]
    [InlineData("sm_86", 128, 126, 35328, 2)]
    [InlineData("sm_86", 256, 32, 0, 6)]
    [InlineData("sm_75", 256, 64, 1024, 4)]
    [InlineData("sm_75", 32, 16, 8192, 8)]
    public void Groups_of_a_multiprocessor(string chip, int threads, int registers, int shared, int groups) =>
        Assert.Equal(groups, Multiprocessor.Of(chip).GroupsOf(threads, registers, shared));

    static IEnumerable<string> Lines(params string[] lines) => lines.Prepend(".text.Kernel_Products:");

    static string Row(string text, int sets = 7, int waits = 0) =>
        $"        /*0010*/                   {text} ;   /* 0x0000000000000000 */\n"
        + $"             /* 0x{(ulong)(uint)(1 | sets << 5 | waits << 11) << 41:x16} */";
}
