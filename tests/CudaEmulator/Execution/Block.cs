using System.Runtime.InteropServices;

namespace GpuStyle.CudaEmulator;

/// <summary>
/// Room for the warps of one block, and its execution, one block after another. Each warp runs until it comes to a barrier; which is
/// first changes from barrier to barrier.
/// </summary>
internal sealed unsafe class Block : IDisposable
{
    /// <summary>What a register holds before it is written: a NaN, -1, no address.</summary>
    const byte Poison = 0xff;

    readonly Launch launch;
    readonly SharedMemory shared;
    readonly byte* registers;
    readonly Warp[] warps;

    public Block(Launch launch)
    {
        this.launch = launch;
        var kernel = launch.Kernel;
        shared = new(kernel.SharedBytes, launch.Checks);
        warps = new Warp[(launch.Threads + Rows.Lanes - 1) / Rows.Lanes];
        registers = (byte*)NativeMemory.AlignedAlloc((nuint)(warps.Length * kernel.RegisterBytes), 256);
        for (int i = 0; i < warps.Length; i++)
        {
            warps[i] = new(launch, registers + i * kernel.RegisterBytes, shared, Rows.Lanes * i);
            foreach (var constant in kernel.Constants) Fill(warps[i].Registers + constant.Register, constant);
        }
    }

    /// <summary>Executes the block with this number, x fastest.</summary>
    public void Run(long number)
    {
        shared.Clear();
        foreach (var warp in warps)
        {
            NativeMemory.Fill(warp.Registers, (nuint)launch.Kernel.DeclaredBytes, Poison);
            foreach (var (name, register) in launch.Kernel.Specials)
                SpecialRegisters.Fill(name, (uint*)(warp.Registers + register), launch, number, warp.First);
            warp.Begin();
        }
        for (bool reversed = false; ; reversed = !reversed)
        {
            int done = 0;
            for (int i = 0; i < warps.Length; i++)
            {
                var warp = warps[reversed ? warps.Length - 1 - i : i];
                Run(warp, number);
                if (warp.Done) done++;
            }
            if (done == warps.Length) return;
            if (done > 0)
                throw DeviceFaultException.Failed(
                    $"{done} of {warps.Length} warps of block {number} of {launch.Kernel.Name} end while others wait at a barrier");
            shared.PassBarrier();
        }
    }

    /// <summary>Instructions executed by all warps, in all blocks.</summary>
    public long Executed => warps.Sum(w => w.Executed);

    /// <summary>What each warp has done, in all blocks, where that is counted.</summary>
    public IEnumerable<WarpCounts> Counts => warps.Select(w => w.Counts).OfType<WarpCounts>();

    public void Dispose()
    {
        shared.Dispose();
        NativeMemory.AlignedFree(registers);
    }

    /// <summary>Tells of what goes wrong where it does.</summary>
    void Run(Warp warp, long number)
    {
        try
        {
            warp.Run();
        }
        catch (Exception e) when (e is DeviceFaultException or ArithmeticException)
        {
            string where = $"{launch.Kernel.Name}, block {number}, threads from {warp.First}: {launch.Kernel.Code[warp.Pc - 1].Text}";
            throw new DeviceFaultException((e as DeviceFaultException)?.Result ?? CudaResult.LaunchFailed, $"{e.Message} ({where})", e);
        }
    }

    static void Fill(byte* row, Constant constant)
    {
        if (constant.Bytes == sizeof(ulong)) Rows.Fill((ulong*)row, constant.Bits, Rows.All);
        else Rows.Fill((uint*)row, (uint)constant.Bits, Rows.All);
    }
}
