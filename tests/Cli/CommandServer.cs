using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Pipes;

namespace GpuStyle.Tests.Cli;

/// <summary>
/// A process that runs one command line of the program after another: a start takes longer than most tests' runs. There are as many as
/// tests run at once. Each command line has the process's working directory, environment and console to itself. What writes bytes to
/// standard output (<c>-o -</c>) wants a process of its own (<see cref="Outcome.OfProcess"/>).
/// </summary>
sealed class CommandServer : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    static readonly string Program =
        Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "GpuStyle.CommandServer.exe" : "GpuStyle.CommandServer");
    static readonly ConcurrentBag<CommandServer> Idle = [];

    readonly AnonymousPipeServerStream requests, answers;
    readonly BinaryWriter writer;
    readonly BinaryReader reader;
    readonly Process process;
    string last = "";

    CommandServer()
    {
        // A process that is started meanwhile would have the ends of these pipes too, and this one's end would not be seen.
        lock (Outcome.Starting)
        {
            requests = new(PipeDirection.Out, HandleInheritability.Inheritable);
            answers = new(PipeDirection.In, HandleInheritability.Inheritable);
            string[] handles = [requests.GetClientHandleAsString(), answers.GetClientHandleAsString()];
            process = Process.Start(Outcome.StartOf(Program, Path.GetTempPath(), handles))!;
            requests.DisposeLocalCopyOfClientHandle();
            answers.DisposeLocalCopyOfClientHandle();
        }
        (writer, reader) = (new(requests), new(answers));
        // What goes past Console, such as `-o -`, is nobody's here; it must not fill the pipes.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, e) => last = e.Data ?? last;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Runs a command line to its end in a folder.</summary>
    public static Outcome Run(string folder, IEnumerable<string> arguments)
    {
        if (!Idle.TryTake(out var server)) server = new();
        string[] words = [.. arguments];
        var answer = Task.Run(() => server.Ask(folder, words));
        try
        {
            Assert.True(answer.Wait(Limit), $"gpustyle {string.Join(' ', words)} did not end within {Limit}");
        }
        catch
        {
            server.Dispose();
            throw;
        }
        Idle.Add(server);
        return answer.Result;
    }

    public void Dispose()
    {
        process.Kill();
        process.Dispose();
        requests.Dispose();
        answers.Dispose();
    }

    Outcome Ask(string folder, string[] arguments)
    {
        writer.Write(folder);
        writer.Write(arguments.Length);
        foreach (string argument in arguments) writer.Write(argument);
        writer.Flush();
        try
        {
            return new(reader.ReadInt32(), reader.ReadString(), reader.ReadString());
        }
        catch (EndOfStreamException)
        {
            throw new InvalidOperationException($"gpustyle {string.Join(' ', arguments)} has ended the process: {last}");
        }
    }
}
