using System.Runtime.InteropServices;
using GpuStyle.Imaging;

namespace GpuStyle.Cli.Running;

/// <summary>
/// Standard output and standard error, which may be closed, full or a terminal that has gone. What is printed on standard output is kept
/// until <see cref="Flush"/>, so that nothing fails in the middle of the work; what standard error does not take is dropped.
/// </summary>
internal static partial class StandardStreams
{
    const int Input = 0, Output = 1, Error = 2, BrokenPipe = 32, Interrupted = 4, GetDescriptorFlags = 1, CloseOnExec = 1;

    static readonly StringWriter Printed = new();
    static readonly List<object> Held = [];

    /// <summary>Takes hold of both streams. Comes before anything is printed or opened.</summary>
    public static void Take()
    {
        IsClosed = Lacks(Output);
        PictureFile.HasStandardInput = !Lacks(Input);
        Console.SetOut(Printed);
        Console.SetError(Lacks(Error) ? TextWriter.Null : new PatientWriter(Console.Error));
        // A file that is opened gets the lowest free number: no result may get a standard stream's.
        if (!OperatingSystem.IsWindows() && File.Exists("/dev/null"))
            for (int number = 0; number <= Error; number++)
                if (Descriptor(number, GetDescriptorFlags) < 0) Held.Add(File.OpenHandle("/dev/null"));
    }

    /// <summary>Whether the program was started without standard output.</summary>
    public static bool IsClosed { get; private set; }

    /// <summary>Whether standard output is a terminal.</summary>
    public static bool IsTerminal => !IsClosed && !Console.IsOutputRedirected;

    /// <summary>Sends what was printed.</summary>
    /// <returns>Why it could not be sent, or null. It is forgotten either way.</returns>
    public static OutputFailure? Flush()
    {
        byte[] bytes = Console.OutputEncoding.GetBytes(Printed.ToString());
        Printed.GetStringBuilder().Clear();
        return bytes.Length == 0 ? null : Send(new MemoryStream(bytes));
    }

    /// <summary>Sends bytes behind what was printed.</summary>
    /// <returns>Why they could not be sent, or null.</returns>
    public static OutputFailure? Send(Stream bytes)
    {
        if (IsClosed) return new("it is closed", false);
        if (OperatingSystem.IsWindows())
        {
            try
            {
                using var console = Console.OpenStandardOutput();
                bytes.CopyTo(console);
                return null;
            }
            catch (IOException e)
            {
                return new(e.Message.TrimEnd('.'), false);
            }
        }
        var buffer = new byte[1 << 16];
        for (int count; (count = bytes.Read(buffer)) > 0;)
            if (Send(buffer.AsSpan(0, count)) is { } failure) return failure;
        return null;
    }

    /// <summary>Console's own stream does not tell that a pipe is broken.</summary>
    static OutputFailure? Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written = Write(Output, bytes, bytes.Length);
            int error = Marshal.GetLastPInvokeError();
            if (written >= 0) bytes = bytes[(int)written..];
            else if (error == (OperatingSystem.IsMacOS() ? 35 : 11)) Thread.Sleep(10); // not yet: the pipe is full and does not block
            else if (error != Interrupted) return new(Marshal.GetPInvokeErrorMessage(error), error == BrokenPipe);
        }
        return null;
    }

    /// <summary>
    /// Whether the program was started without this stream. Its number may belong to a file of the runtime's by now, which is told by its
    /// flag: what is to be closed when a program starts was not there when this one did.
    /// </summary>
    static bool Lacks(int number) => !OperatingSystem.IsWindows() && Descriptor(number, GetDescriptorFlags) is < 0 or CloseOnExec;

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Descriptor(int number, int command);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int number, ReadOnlySpan<byte> bytes, nint count);
}

/// <summary>Why standard output did not take something.</summary>
/// <param name="Reason">In the operating system's words.</param>
/// <param name="BrokenPipe">Whether the program at the other end of a pipe has ended.</param>
internal sealed record OutputFailure(string Reason, bool BrokenPipe);
