using System.Reflection;
using ILGPU.Runtime;

namespace GpuStyle.Kernels;

/// <summary>
/// What CUDA kernels are compiled for where it matters: threads of a group, and groups that shall fit a multiprocessor at once. Together they
/// bound a kernel's registers: a multiprocessor has 65536.
/// </summary>
internal static class KernelBounds
{
    /// <summary>Registers of a multiprocessor.</summary>
    public const int Registers = 65536;

    public static KernelSpecialization Of(MethodInfo kernel)
    {
        bool wide = kernel.IsGenericMethod && kernel.GetGenericArguments().Contains(typeof(WideWidth));
        return (kernel.DeclaringType!.Name, kernel.Name) switch
        {
            (nameof(TensorCoreConvolution), nameof(TensorCoreConvolution.Kernel)) => new(TensorCoreConvolution.Threads, wide ? 2 : 4),
            (nameof(TensorCoreGram), nameof(TensorCoreGram.Products)) => new(TensorCoreGram.Threads, 2),
            (nameof(TensorCoreGramGradient), nameof(TensorCoreGramGradient.Kernel)) => new(TensorCoreGramGradient.Threads, 4),
            (nameof(MatchKernels), nameof(MatchKernels.Products)) => new(MatchKernels.GroupSize, 2),
            _ => KernelSpecialization.Empty,
        };
    }
}
