using System.Collections.Concurrent;

namespace GpuStyle.CudaEmulator;

/// <summary>Three sizes.</summary>
internal readonly record struct Size3(int X, int Y, int Z)
{
    public long Count => (long)X * Y * Z;
}

/// <summary>A kernel with its arguments, to be executed any number of times. Blocks run on all cores, in no order.</summary>
/// <param name="kernel">What is executed.</param>
/// <param name="parameters">The kernel's parameter space.</param>
/// <param name="grid">How many blocks.</param>
/// <param name="blockSize">How many threads a block has.</param>
/// <param name="memory">The global memory.</param>
/// <param name="checks">Whether races and unwritten words of shared memory are looked for.</param>
/// <param name="counts">Takes what was done; null: nobody counts.</param>
internal sealed class Launch(
    Kernel kernel, byte[] parameters, Size3 grid, Size3 blockSize, GlobalMemory memory, bool checks = true, KernelCounts? counts = null)
{
    public Kernel Kernel => kernel;

    public byte[] Parameters => parameters;

    public Size3 Grid => grid;

    public Size3 BlockSize => blockSize;

    public GlobalMemory Memory => memory;

    public bool Checks => checks;

    public KernelCounts? Counts => counts;

    public int Threads { get; } = (int)blockSize.Count;

    /// <summary>Executes all blocks; of what goes wrong, the lowest block's is told.</summary>
    /// <returns>How many instructions warps executed.</returns>
    /// <exception cref="DeviceFaultException">The kernel does what it must not.</exception>
    public long Run()
    {
        var free = new ConcurrentBag<Block>();
        var faults = new SortedDictionary<long, DeviceFaultException>();
        try
        {
            if (grid.Count == 1) RunBlock(0);
            else
                Parallel.For(0, grid.Count, (number, state) =>
                {
                    try
                    {
                        RunBlock(number);
                    }
                    catch (DeviceFaultException e)
                    {
                        lock (faults) faults.Add(number, e);
                        state.Break();
                    }
                });
            if (faults.Count > 0) throw faults.First().Value;
            if (counts is not null)
                lock (counts) counts.Add(this, free.SelectMany(b => b.Counts));
            return free.Sum(b => b.Executed);
        }
        finally
        {
            foreach (var block in free) block.Dispose();
        }

        void RunBlock(long number)
        {
            if (!free.TryTake(out var block)) block = new(this);
            try
            {
                block.Run(number);
            }
            finally
            {
                free.Add(block);
            }
        }
    }
}
