namespace GpuStyle.CudaEmulator;

/// <summary>What all functions of the driver share: the current context of each thread, and how they answer.</summary>
internal static class Driver
{
    static readonly AsyncLocal<EmulatedGpu?> Shown = new();
    [ThreadStatic] static Context? current;
    [ThreadStatic] static string? lastMessage;

    /// <summary>Contexts by their handles.</summary>
    public static Handles<Context> Contexts { get; } = new("context");

    /// <summary>The GPU that the caller sees, or null.</summary>
    public static EmulatedGpu? Gpu
    {
        get => Shown.Value;
        set => Shown.Value = value;
    }

    /// <summary>The calling thread's context.</summary>
    public static Context Current
    {
        get => current ?? throw new DriverException(CudaResult.InvalidContext, "the thread has no current context");
        set => current = value;
    }

    /// <summary>What the last call that failed on this thread found.</summary>
    public static string? LastMessage => lastMessage;

    public static void DropCurrent() => current = null;

    /// <summary>A function of the driver: no exception leaves it.</summary>
    public static CudaResult Answer(Action function)
    {
        try
        {
            function();
            return CudaResult.Success;
        }
        catch (DriverException e)
        {
            lastMessage = e.Message;
            return e.Result;
        }
        catch (Exception e)
        {
            lastMessage = $"the emulator fails: {e}";
            return CudaResult.Unknown;
        }
    }

    /// <summary>A function that works in the current context, unless that is lost.</summary>
    public static CudaResult Answer(Action<Context> function) => Answer(() =>
    {
        Current.ThrowIfLost();
        function(Current);
    });
}
