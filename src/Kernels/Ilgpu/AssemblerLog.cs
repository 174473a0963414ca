using System.Diagnostics;
using System.Text;
using ILGPU.Runtime.Cuda;

namespace GpuStyle.Kernels;

/// <summary>
/// What the driver's assembler says of a kernel that it refuses. ILGPU 1.5.3 has its log but leaves it out of the exception: it writes it to <see cref="Trace"/>,
/// which this listens to while a kernel is loaded on this thread.
/// </summary>
internal sealed class AssemblerLog : TraceListener
{
    /// <summary>What ILGPU writes before the log, or instead of one.</summary>
    static readonly string[] NotTheLog = ["PTX Kernel loading failed:", ">> No error information available"];

    readonly int thread = Environment.CurrentManagedThreadId;
    readonly StringBuilder text = new();

    AssemblerLog() => Trace.Listeners.Add(this);

    public override bool IsThreadSafe => true;

    /// <summary>Loads a kernel; if the driver refuses it, the exception's message has the first line of the log.</summary>
    public static T Around<T>(Func<T> load)
    {
        using var log = new AssemblerLog();
        try
        {
            return load();
        }
        catch (CudaException e) when (log.FirstLine is { } line)
        {
            throw new CudaException($"{e.Message.Split('\n')[0].TrimEnd('\r', '.')}: {line}", e);
        }
    }

    public override void Write(string? message)
    {
        if (Environment.CurrentManagedThreadId == thread) text.Append(message);
    }

    public override void WriteLine(string? message) => Write(message + '\n');

    protected override void Dispose(bool disposing)
    {
        Trace.Listeners.Remove(this);
        base.Dispose(disposing);
    }

    /// <summary>ILGPU gives the whole buffer, which ends in zeros.</summary>
    string? FirstLine => text.ToString().Split(['\n', '\0'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .FirstOrDefault(line => !NotTheLog.Contains(line));
}
