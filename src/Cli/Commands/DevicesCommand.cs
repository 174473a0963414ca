using System.CommandLine;
using GpuStyle.Cli.Running;
using GpuStyle.Kernels;

namespace GpuStyle.Cli.Commands;

/// <summary><c>devices</c>: what was found to compute with, and why something was refused.</summary>
internal static class DevicesCommand
{
    public static Command Make()
    {
        var json = Values.Json("print a JSON array");
        var command = new Command("devices", "what there is to compute with, and why something cannot be used") { json };
        command.SetAction(parsed =>
        {
            var found = Devices.Find();
            if (parsed.GetValue(json))
            {
                Console.WriteLine(Json.Page(found));
                return CommandTree.Done;
            }
            foreach (var device in found)
            {
                string memory = device.MemoryBytes is { } bytes ? MemoryLimit.Memory(bytes) : "";
                Console.WriteLine($"{device.Id,-12}{memory,10}  {device.Name}{(device.Refusal is { } refusal ? $" - cannot be used: {refusal}" : "")}");
            }
            if (found.Any(d => d is { Kind: DeviceKind.Cuda, Refusal: null }))
                Console.WriteLine("CUDA is experimental: checked on an emulated GPU and by NVIDIA's assembler, not on hardware yet.");
            Console.WriteLine("auto takes the first CUDA device, else the first OpenCL GPU, else cpu. Several share a picture: --device cpu,opencl:0.");
            return CommandTree.Done;
        });
        return command;
    }
}
