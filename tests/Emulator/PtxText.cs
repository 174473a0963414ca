using GpuStyle.CudaEmulator;

namespace GpuStyle.Tests.Emulator;

/// <summary>Small kernels written by hand, run on the interpreter alone.</summary>
internal static unsafe class PtxText
{
    /// <summary>
    /// A kernel around a body. %rd0 is where the thread's four words of output are, %rd1 where the thread's four words of input are, %r0
    /// the thread's number; registers 1 to 15 of each kind, %r, %rd, %f, %fd and %p, are free. The array <c>shared</c> has 1,024 bytes.
    /// </summary>
    public static string Kernel(string body, string directives = "") => $$"""
        .version 8.0
        .target sm_80
        .address_size 64

        .visible .entry Kernel(
            .param .align 8 .b8 output[8],
            .param .b64 input
        )
        {{directives}}
        {
            .shared .align 16 .b8 shared[1024];
            .reg .pred %p<16>;
            .reg .b32 %r<16>;
            .reg .b64 %rd<16>;
            .reg .f32 %f<16>;
            .reg .f64 %fd<16>;
            mov.b32 %r0, %tid.x;
            mul.wide.u32 %rd2, %r0, 16;
            ld.param.b64 %rd0, [output];
            cvta.to.global.u64 %rd0, %rd0;
            add.u64 %rd0, %rd0, %rd2;
            ld.param.b64 %rd1, [input];
            add.u64 %rd1, %rd1, %rd2;
            {{body}}
            ret;
        }
        """;

    /// <summary>Runs a body in one block and gives four words of output a thread.</summary>
    public static uint[] Run(string body, int threads = 32, uint[]? input = null, bool checks = true, string directives = "") =>
        RunText(Kernel(body, directives), threads, input, checks);

    /// <summary>Runs the one kernel of a text.</summary>
    public static uint[] RunText(string text, int threads, uint[]? input = null, bool checks = true, KernelCounts? counts = null)
    {
        using var memory = new GlobalMemory();
        input ??= new uint[4 * threads];
        ulong to = memory.Allocate(16 * threads), from = memory.Allocate(sizeof(uint) * input.Length);
        var output = new Span<uint>((void*)to, 4 * threads);
        output.Clear();
        input.CopyTo(new Span<uint>((void*)from, input.Length));
        byte[] parameters = [.. BitConverter.GetBytes(to), .. BitConverter.GetBytes(from)];
        new Launch(PtxParser.Parse(text)["Kernel"], parameters, new(1, 1, 1), new(threads, 1, 1), memory, checks, counts).Run();
        return output.ToArray();
    }

    /// <summary>The first word of output of each thread.</summary>
    public static uint[] First(uint[] output) => [.. output.Where((_, i) => i % 4 == 0)];
}
