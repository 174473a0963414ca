using System.CommandLine;
using System.Runtime.InteropServices;
using GpuStyle.Kernels;
using GpuStyle.Network;
using GpuStyle.WeightsLoader;
using Spectre.Console;

namespace GpuStyle.Cli.Running;

/// <summary>What a command works with: the device, the weights, and a way to be interrupted.</summary>
internal sealed class Workplace : IDisposable
{
    readonly CancellationTokenSource interrupt = new();
    readonly PosixSignalRegistration[] signals;

    /// <summary>Opens the device and finds the weights; says in one line where it falls back on the built-in network.</summary>
    public Workplace(string device, int threads, string? weights)
    {
        signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(s => PosixSignalRegistration.Create(s, context =>
        {
            context.Cancel = !interrupt.IsCancellationRequested;
            interrupt.Cancel();
        }))];
        var opening = Task.Run(() => Devices.Open(device, threads));
        var finding = Task.Run(() => FindWeights(weights, interrupt.Token));
        Device = opening.GetAwaiter().GetResult();
        Weights = finding.GetAwaiter().GetResult();
    }

    /// <summary>As the shared options say.</summary>
    public Workplace(RunOptions options, ParseResult parsed)
        : this(parsed.GetValue(options.Device) ?? "auto", parsed.GetValue(options.Threads) ?? 0, parsed.GetValue(options.Weights))
    {
    }

    public Device Device { get; }

    public VggWeights Weights { get; }

    /// <summary>Requested by Ctrl-C; a second Ctrl-C ends the process.</summary>
    public CancellationToken Interrupt => interrupt.Token;

    public void Dispose()
    {
        Array.ForEach(signals, s => s.Dispose());
        interrupt.Dispose();
        Device.Dispose();
    }

    static VggWeights FindWeights(string? requested, CancellationToken cancellation)
    {
        using var progress = new DownloadBar();
        var store = new WeightStore(new WeightStoreOptions { Announce = line => Console.Error.WriteLine(line) });
        var found = store.ResolveAsync(requested, progress, cancellation).GetAwaiter().GetResult();
        if (found.Notice is { } notice) Console.Error.WriteLine(notice);
        return found.Path is { } path ? WeightFile.Load(path) : BuiltInNetwork.Create();
    }
}

/// <summary>A console on standard error, so that standard output carries results alone.</summary>
internal static class Terminal
{
    public static bool Interactive => !Console.IsErrorRedirected;

    public static IAnsiConsole Error { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
}
