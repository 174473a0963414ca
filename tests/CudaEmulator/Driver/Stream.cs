namespace GpuStyle.CudaEmulator;

/// <summary>A stream: what is queued on it is done at once, or kept while it is being captured.</summary>
internal sealed class Stream
{
    /// <summary>What is being captured, or null.</summary>
    public Capture? Capture { get; set; }

    public void Queue(Action work)
    {
        if (Capture is null) work();
        else Capture.Work.Add(work);
    }

    /// <summary>For what cannot be kept.</summary>
    public void RefuseWhileCapturing(string call)
    {
        if (Capture is not null) throw Capture.Break(call);
    }
}

/// <summary>A graph in the making. Only the thread that began may end it.</summary>
internal sealed class Capture
{
    public int Thread { get; } = Environment.CurrentManagedThreadId;

    public List<Action> Work { get; } = [];

    /// <summary>The call that spoiled it.</summary>
    public string? BrokenBy { get; private set; }

    public DriverException Break(string call)
    {
        BrokenBy ??= call;
        return new(CudaResult.CaptureUnsupported, $"{call} is not permitted while a stream is being captured");
    }
}
