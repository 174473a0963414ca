using System.Reflection;
using GpuStyle.Kernels;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;

namespace GpuStyle.Benchmarks;

/// <summary>Every kernel of the ILGPU engine as an NVIDIA GPU runs it: as PTX without such a GPU, or as its driver has assembled it.</summary>
public static class CudaKernels
{
    /// <summary>What a kernel's type parameters are on a CUDA device.</summary>
    static readonly Dictionary<Type, Type[]> Arguments = new()
    {
        [typeof(ITiling)] = [typeof(GpuTiling)],
        [typeof(ITensorCore)] = [typeof(HardwareCore<Tf32Format>), typeof(HardwareCore<Float16Format>)],
        [typeof(IPatchSource)] = [typeof(PlainSource), typeof(AverageSource)],
        [typeof(ITensorWidth)] = [typeof(NarrowWidth), typeof(WideWidth)],
    };

    /// <summary>All kernels by name: the internal static methods of the engine, and of the measured peak, that take device memory and return nothing, with each type argument.</summary>
    public static IReadOnlyDictionary<string, MethodInfo> All { get; } = (
        from type in typeof(IlgpuDevice).Assembly.GetTypes().Append(typeof(GpuPeak))
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        where method.IsAssembly && method.ReturnType == typeof(void)
            && method.GetParameters() is [{ ParameterType: { IsGenericType: true } first }, ..] && first.GetGenericTypeDefinition() == typeof(ArrayView<>)
        from kernel in Closed(method)
        select kernel).ToDictionary(Name);

    /// <summary>The PTX of one kernel for compute capability 8.0, each time in a context of its own: a kernel that fails to compile would spoil it for the next.</summary>
    public static string Ptx(string name)
    {
        var architecture = CudaArchitecture.SM_80;
        using var context = IlgpuAccelerators.NewContext();
        using var backend = new PTXBackend(context, new CudaCapabilityContext(architecture), architecture,
            CudaAccelerator.GetInstructionSet(architecture, CudaDriverVersion.FromMajorMinor(12, 0)), null);
        SafePipeline.Install(backend);
        return ((PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(All[name]), KernelBounds.Of(All[name]))).PTXAssembly;
    }

    /// <summary>One kernel as a CUDA device runs it.</summary>
    internal static CudaKernel Load(string name, IlgpuDevice device) => (CudaKernel)device.Accelerator.LoadKernel(All[name], KernelBounds.Of(All[name]));

    static string Name(MethodInfo kernel) => $"{kernel.DeclaringType!.Name}.{kernel.Name}" + (kernel.IsGenericMethod ? $"<{string.Join(", ", kernel.GetGenericArguments().Select(Name))}>" : "");

    static string Name(Type type) => type.Name.Split('`')[0] + (type.IsGenericType ? $"<{Name(type.GetGenericArguments()[0])}>" : "");

    static IEnumerable<MethodInfo> Closed(MethodInfo method)
    {
        IEnumerable<Type[]> choices = [[]];
        if (!method.IsGenericMethodDefinition) return [method];
        foreach (var parameter in method.GetGenericArguments())
        {
            var arguments = Arguments[parameter.GetGenericParameterConstraints().Single(c => c.IsInterface)];
            choices = choices.SelectMany(chosen => arguments.Select(a => chosen.Append(a).ToArray()));
        }
        return choices.Select(c => method.MakeGenericMethod(c));
    }
}
