// Runs command lines of the program one after another in one process, for tests, which thus pay for a start once.
//
//     GpuStyle.CommandServer READ_HANDLE WRITE_HANDLE
//
// The handles are of anonymous pipes. A request is a folder and the arguments; the answer is what a process of its own would have left
// behind: exit code, standard output, standard error. Ends when no more can be asked.

using System.IO.Pipes;
using GpuStyle.Cli;

using var asked = new BinaryReader(new AnonymousPipeClientStream(PipeDirection.In, args[0]));
using var answered = new BinaryWriter(new AnonymousPipeClientStream(PipeDirection.Out, args[1]));
while (true)
{
    string folder;
    try
    {
        folder = asked.ReadString();
    }
    catch (EndOfStreamException)
    {
        return;
    }
    string[] arguments = [.. Enumerable.Range(0, asked.ReadInt32()).Select(_ => asked.ReadString())];
    using StringWriter output = new(), error = new();
    Console.SetOut(output);
    Console.SetError(error);
    Environment.CurrentDirectory = folder;
    Environment.SetEnvironmentVariable("GPUSTYLE_CACHE", Path.Combine(folder, "cache"));
    int code = CommandTree.Run(arguments);
    answered.Write(code);
    answered.Write(output.ToString());
    answered.Write(error.ToString());
    answered.Flush();
}
