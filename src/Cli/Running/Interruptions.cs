using System.Runtime.InteropServices;

namespace GpuStyle.Cli.Running;

/// <summary>The signals that end a run after the iteration that it is in: Ctrl-C, a request to end, a terminal that is closed.</summary>
internal static unsafe partial class Interruptions
{
    const int HangUp = 1;
    const nint Ignored = 1;

    /// <summary>Lets signals cancel. Ctrl-C or a request to end, given a second time, ends the process at once.</summary>
    /// <returns>What to dispose of to end this.</returns>
    public static PosixSignalRegistration[] Register(CancellationTokenSource interrupt)
    {
        bool asked = false;
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM];
        return [.. (IgnoresHangUp() ? signals : [.. signals, PosixSignal.SIGHUP]).Select(s => PosixSignalRegistration.Create(s, context =>
        {
            // A terminal that is closed may hang up several times; nobody asks for more by it.
            bool hangUp = context.Signal == PosixSignal.SIGHUP;
            context.Cancel = hangUp || !asked;
            if (!hangUp && !asked && Terminal.Interactive)
                Terminal.Say("Stopping after this iteration; what is there so far will be saved. Once more ends at once, without saving.");
            asked |= !hangUp;
            interrupt.Cancel();
        }))];
    }

    /// <summary>Whether the program was started with hang-ups ignored, as nohup does; a registration would end that.</summary>
    static bool IgnoresHangUp()
    {
        if (OperatingSystem.IsWindows()) return false;
        // The handler is the first field of the answer on every system.
        nint* answer = stackalloc nint[64];
        return Action(HangUp, 0, answer) == 0 && answer[0] == Ignored;
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int Action(int signal, nint action, nint* before);
}
