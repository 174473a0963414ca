using System.ComponentModel;
using System.Diagnostics;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>The same files with Python's safetensors, where a python3 has it (with NumPy): both ways.</summary>
[Trait("Needs", "processes")]
public sealed class PythonSafetensorsTests
{
    [Fact]
    public void Files_of_the_reference_implementation_are_read()
    {
        using var folder = new TemporaryFolder();
        Python("""
            import sys, numpy as np
            from safetensors.numpy import save_file
            a = (np.arange(24, dtype=np.float64) / 7 - 1).reshape(2, 3, 4)
            save_file({'f32': a.astype(np.float32), 'f16': a.astype(np.float16), 'f64': a, 'i8': np.zeros(3, np.int8),
                       'none': np.zeros((0, 2), np.float32), 'one': np.float32(5).reshape(())}, sys.argv[1], {'key': 'ü'})
            """, folder["python"]);
        using var file = SafetensorsFile.Open(folder["python"]);
        double[] expected = [.. Enumerable.Range(0, 24).Select(i => (i / 7.0) - 1)];
        Assert.Equal([2L, 3, 4], file.Find("f16")!.Shape);
        Assert.Equal(expected.Select(v => (float)v), file.ReadFloat32("f32"));
        Assert.Equal(expected.Select(v => (float)v), file.ReadFloat32("f64"));
        Assert.Equal(expected.Select(v => (float)(Half)(float)v), file.ReadFloat32("f16"));
        Assert.Equal([5f], file.ReadFloat32("one"));
        Assert.Empty(file.ReadFloat32("none"));
        Assert.Equal("ü", file.Metadata["key"]);
    }

    [Fact]
    public void Files_written_here_are_read_by_the_reference_implementation()
    {
        using var folder = new TemporaryFolder();
        SafetensorsFile.Write(folder["ours"], [new("gradient", [1, 2, 3], new float[] { 1, 2, 3, 4, 5, 6.5f }), new("ü\n", [], new float[] { 7 })],
            new Dictionary<string, string> { ["key"] = "text" });
        Python("""
            import sys
            from safetensors import safe_open
            with safe_open(sys.argv[1], 'np') as f:
                assert f.metadata() == {'key': 'text'}, f.metadata()
                assert f.get_tensor('gradient').tolist() == [[[1, 2, 3], [4, 5, 6.5]]]
                assert f.get_tensor('\u00fc\n').tolist() == 7
            """, folder["ours"]);
    }

    static void Python(string script, string argument)
    {
        const string Absent = "needs a python3 with the modules safetensors and numpy";
        (int code, string errors) = (0, "");
        try
        {
            (code, _) = Run("import safetensors.numpy", "");
            Assert.SkipWhen(code != 0, Absent);
            (code, errors) = Run(script, argument);
        }
        catch (Win32Exception)
        {
            Assert.Skip(Absent);
        }
        Assert.True(code == 0, errors);
    }

    static (int Code, string Errors) Run(string script, string argument)
    {
        var start = new ProcessStartInfo("python3", ["-c", script, argument]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }
}
