using GpuStyle.Benchmarks;
using GpuStyle.CudaEmulator;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>Kernels' texts that are kept from one run to the next.</summary>
[Trait("Needs", "OpenCL")]
[Trait("Needs", "CUDA")]
[Collection("OpenCL")]
public sealed class KernelTextTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("gpustyle-texts").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("opencl")]
    [InlineData("cuda")]
    public void A_second_device_compiles_nothing_and_gives_the_same_bits(string id)
    {
        var (compiled, results) = Run(id, folder);
        Assert.InRange(compiled, 3, 100);
        Assert.Equal(compiled, Directory.GetFiles(folder, "kernel-*.txt").Length);
        Expect(0, results, Run(id, folder));
    }

    [Fact]
    public void Precisions_have_texts_of_their_own()
    {
        var (compiled, _) = Run("cuda", folder, Precision.Tf32);
        var (more, results) = Run("cuda", folder, Precision.Fp16);
        Assert.InRange(more, 3, compiled);
        Assert.Equal(Run("cuda", Path.Combine(folder, "other"), Precision.Fp16).Results, results);
        Expect(0, results, Run("cuda", folder, Precision.Fp16));
    }

    /// <summary>A picture's planes come in and go out in float32, features do not.</summary>
    [Fact]
    public void Where_tensor_cores_multiply_the_float32_kernels_are_not_compiled()
    {
        Run("cuda", folder);
        string[] kernels = [.. Directory.GetFiles(folder, "kernel-*.txt").Select(file => File.ReadLines(file).First().Split('(')[0])];
        Assert.Contains("GpuStyle.Kernels.TiledConvolution.Void ThinKernel[GpuTiling]", kernels);
        Assert.DoesNotContain("GpuStyle.Kernels.TiledConvolution.Void Kernel[GpuTiling]", kernels);
        Assert.DoesNotContain("GpuStyle.Kernels.PlanarConvolution.Void ThinKernel", kernels);
    }

    /// <summary>Cut short, written to, of another kernel.</summary>
    [Fact]
    public void A_text_that_is_not_what_was_written_is_made_again()
    {
        var (_, results) = Run("opencl", folder);
        string[] files = [.. Directory.GetFiles(folder, "kernel-*.txt").Order(StringComparer.Ordinal)];
        File.Copy(files[1], files[2], overwrite: true);
        File.WriteAllText(files[0], File.ReadAllText(files[0])[..^20]);
        File.AppendAllText(files[1], " ");
        Expect(3, results, Run("opencl", folder));
        Expect(0, results, Run("opencl", folder));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_does_no_harm()
    {
        string file = Path.Combine(folder, "file");
        File.WriteAllText(file, "");
        var (compiled, results) = Run("opencl", Path.Combine(file, "below"));
        Assert.InRange(compiled, 3, 100);
        Assert.Equal(Run("opencl", folder).Results, results);
    }

    static void Expect(int compiled, float[] results, (int Compiled, float[] Results) run)
    {
        Assert.Equal(compiled, run.Compiled);
        Assert.Equal(results, run.Results);
    }

    /// <summary>Some operations on a device that is opened for them: how many kernels were compiled, and what came out.</summary>
    static (int Compiled, float[] Results) Run(string id, string cacheFolder, Precision precision = Precision.Auto)
    {
        using var shown = EmulatedCuda.Show();
        bool there = Devices.Find().Any(d => d.Id.StartsWith(id, StringComparison.Ordinal) && d.Refusal is null);
        Assert.SkipUnless(there, $"there is no {id} device");
        using var device = (IlgpuDevice)Devices.Open(id, precision: precision, cacheFolder: cacheFolder);
        float[] results = [.. OperationCatalogue.Convolution(3, 20, 5, 7).Concat(OperationCatalogue.Gram(new(20, 5, 7))).SelectMany(item =>
        {
            using var tensors = new CaseTensors(device);
            item.Prepare(tensors)();
            return tensors.Outputs.Values.SelectMany(device.Download).ToArray();
        })];
        return (device.KernelsCompiled, results);
    }
}
