using ILGPU.Runtime.Cuda;

namespace GpuStyle.Benchmarks;

/// <summary>
/// Writes every kernel as drivers are given it: <c>kernel-texts [--to FOLDER] [name filter]</c>. FOLDER/sm_75, sm_80 and sm_90 get PTX,
/// with the bounds that kernels are launched with (<c>.maxntid</c>, <c>.minnctapersm</c>); FOLDER/opencl gets OpenCL C. No GPU is needed.
/// </summary>
internal static class KernelDump
{
    /// <summary>Compute capabilities that differ in what ILGPU writes for them, or in what our kernels use.</summary>
    public static IReadOnlyList<CudaArchitecture> Architectures { get; } =
        [CudaArchitecture.SM_75, CudaArchitecture.SM_80, CudaArchitecture.SM_90];

    public static int Run(Arguments arguments)
    {
        string folder = arguments.Text("--to", "artifacts/kernel-texts"), filter = arguments.Filter();
        foreach (var architecture in Architectures)
            Write(Path.Combine(folder, Chip(architecture)), ".ptx", GpuKernels.OfCuda(architecture),
                name => GpuKernels.Ptx(name, architecture), filter);
        Write(Path.Combine(folder, "opencl"), ".cl", GpuKernels.OfOpenCl, GpuKernels.OpenCl, filter);
        return 0;
    }

    /// <summary>What assemblers call a compute capability.</summary>
    public static string Chip(CudaArchitecture architecture) => $"sm_{architecture.Major}{architecture.Minor}";

    /// <summary>A kernel's name as a file's.</summary>
    public static string FileName(string kernel) =>
        string.Concat(kernel.Select(c => char.IsLetterOrDigit(c) || c == '.' ? c : '_')).TrimEnd('_');

    static void Write(string folder, string extension, IEnumerable<string> kernels, Func<string, string> text, string filter)
    {
        Directory.CreateDirectory(folder);
        foreach (string name in kernels.Where(n => n.Contains(filter, StringComparison.OrdinalIgnoreCase)))
            File.WriteAllText(Path.Combine(folder, FileName(name) + extension), text(name));
        Console.WriteLine($"{folder}: {Directory.GetFiles(folder).Length} kernels");
    }
}
