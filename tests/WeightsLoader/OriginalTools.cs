using System.ComponentModel;
using System.Diagnostics;
using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Python scripts beside the tests that write weight files with the programs that users' files came from.</summary>
static class OriginalTools
{
    /// <summary>Debian's own Python, which sees Debian's packages whatever else is installed.</summary>
    const string Debian = "/usr/bin/python3";

    /// <summary>Runs a script; the test is skipped where Python or one of the modules is not there.</summary>
    public static void Run(string script, string modules, params string[] arguments)
    {
        Assert.SkipWhen(SharedFiles.Root is null, "the tests do not run from the repository");
        Assert.SkipUnless(Python("-c", $"import {modules}").Code == 0, $"needs a python3 with {modules}");
        var (code, errors) = Python([Path.Combine(SharedFiles.Root!, "tests", "WeightsLoader", script), .. arguments]);
        Assert.True(code == 0, errors);
    }

    /// <summary>Checks that a file has the same tensors as the float32 safetensors file, bit for bit, and is the same network.</summary>
    public static void ExpectSame(string expected, string path)
    {
        using var sound = SafetensorsFile.Open(expected);
        using var file = TensorFiles.Open(path);
        Assert.Equal(sound.Tensors.Select(t => t.Name).Order(), file.Tensors.Select(t => t.Name).Order());
        foreach (var tensor in sound.Tensors)
        {
            Assert.Equal(tensor.Shape, file.Find(tensor.Name)!.Shape.SkipWhile(size => size == 1 && tensor.Shape.Count == 1)); // a caffemodel's old bias is [1, 1, 1, 64]
            Assert.True(sound.ReadFloat32(tensor.Name).AsSpan().SequenceEqual(file.ReadFloat32(tensor.Name)), tensor.Name);
        }
        NamedNetwork.Same(WeightFile.Read(sound).Layers, WeightFile.Read(file));
    }

    static (int Code, string Errors) Python(params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(File.Exists(Debian) ? Debian : "python3", arguments) { RedirectStandardError = true };
            using var process = Process.Start(start)!;
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, errors);
        }
        catch (Win32Exception e)
        {
            return (-1, e.Message);
        }
    }
}
