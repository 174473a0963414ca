namespace GpuStyle.Kernels;

/// <summary>Work that falls into items which may be done in any order, by any thread.</summary>
internal interface IJob
{
    /// <summary>Does one item. <paramref name="worker"/> is below the team's size: it selects scratch of one's own.</summary>
    void Execute(int item, int worker);
}

/// <summary>
/// A fixed team of threads; the caller is worker 0. Items are handed out one by one, so a job must compute the same bits
/// whoever does an item. Between jobs the others spin for some microseconds, then sleep. A job is passed by address: running
/// one allocates nothing.
/// </summary>
internal sealed unsafe class Team : IDisposable
{
    /// <summary>The bit of <see cref="state"/> that says that a job may be joined; the bits below count who has.</summary>
    const int Open = 1 << 30;
    const int SpinsBeforeSleep = 2000;

    readonly Thread[] threads;
    readonly Lock gate = new();
    readonly object bed = new();
    delegate*<void*, int, int, void> execute;
    void* job;
    int items, next, state, epoch, sleepers;
    volatile bool stopped;

    public Team(int size)
    {
        threads = new Thread[size - 1];
        for (int i = 0; i < threads.Length; i++)
        {
            int worker = i + 1;
            threads[i] = new Thread(() => Loop(worker)) { IsBackground = true, Name = $"SIMD worker {worker}" };
            threads[i].Start();
        }
    }

    /// <summary>Threads that work, the caller's included.</summary>
    public int Size => threads.Length + 1;

    /// <summary>Does items 0 .. <paramref name="count"/> - 1 of a job and returns when all are done.</summary>
    public void Run<TJob>(in TJob work, int count)
        where TJob : unmanaged, IJob
    {
        if (count <= 0) return;
        fixed (TJob* address = &work)
        {
            if (threads.Length == 0 || count == 1)
            {
                for (int item = 0; item < count; item++) address->Execute(item, 0);
                return;
            }
            lock (gate)
            {
                execute = &Execute<TJob>;
                job = address;
                (items, next) = (count, -1);
                Volatile.Write(ref state, Open);
                Interlocked.Increment(ref epoch);
                if (Volatile.Read(ref sleepers) > 0) lock (bed) Monitor.PulseAll(bed);
                try
                {
                    Share(0);
                }
                finally
                {
                    Interlocked.And(ref state, ~Open);
                    var spin = new SpinWait();
                    while (Volatile.Read(ref state) != 0) spin.SpinOnce(sleep1Threshold: -1);
                }
            }
        }
    }

    static void Execute<TJob>(void* job, int item, int worker)
        where TJob : unmanaged, IJob => ((TJob*)job)->Execute(item, worker);

    void Share(int worker)
    {
        for (int item; (item = Interlocked.Increment(ref next)) < items;) execute(job, item, worker);
    }

    void Loop(int worker)
    {
        for (int seen = 0; ;)
        {
            for (int spins = 0; Volatile.Read(ref epoch) == seen; spins++)
                if (spins < SpinsBeforeSleep) Thread.SpinWait(8);
                else Sleep(seen);
            if (stopped) return;
            seen = Volatile.Read(ref epoch);
            if (!Join()) continue;
            Share(worker);
            Interlocked.Decrement(ref state);
        }
    }

    /// <summary>Counts this worker in, unless the job is over.</summary>
    bool Join()
    {
        for (int seen = Volatile.Read(ref state); (seen & Open) != 0; seen = Volatile.Read(ref state))
            if (Interlocked.CompareExchange(ref state, seen + 1, seen) == seen) return true;
        return false;
    }

    void Sleep(int seen)
    {
        lock (bed)
        {
            Interlocked.Increment(ref sleepers);
            while (Volatile.Read(ref epoch) == seen) Monitor.Wait(bed);
            Interlocked.Decrement(ref sleepers);
        }
    }

    /// <summary>Lets the threads end. The team must be idle.</summary>
    public void Dispose()
    {
        stopped = true;
        Interlocked.Increment(ref epoch);
        lock (bed) Monitor.PulseAll(bed);
    }
}
