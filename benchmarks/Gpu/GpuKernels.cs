using System.Collections.Concurrent;
using System.Reflection;
using GpuStyle.Kernels;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuStyle.Benchmarks;

/// <summary>
/// Every kernel of the ILGPU engine as GPUs' drivers are given it, without a GPU: PTX for NVIDIA's, OpenCL C for the others'. Or as a CUDA
/// device's driver has assembled it.
/// </summary>
public static class GpuKernels
{
    static readonly ConcurrentDictionary<(string Name, CudaArchitecture Of), Lazy<string>> PtxTexts = new();

    static readonly ConcurrentDictionary<string, Lazy<string>> OpenClTexts = new();

    /// <summary>What a kernel's type parameters are on a CUDA device.</summary>
    static readonly Dictionary<Type, Type[]> Arguments = new()
    {
        [typeof(ITiling)] = [typeof(GpuTiling)],
        [typeof(ITensorCore)] = [typeof(HardwareCore<Tf32Format>), typeof(HardwareCore<Float16Format>)],
        [typeof(IPatchSource)] = [typeof(PlainSource), typeof(AverageSource)],
        [typeof(ITensorWidth)] = [typeof(NarrowWidth), typeof(WideWidth)],
    };

    /// <summary>
    /// All kernels by name: the internal static methods of the engine, and of the measured peak, that take device memory and return nothing,
    /// with each type argument.
    /// </summary>
    public static IReadOnlyDictionary<string, MethodInfo> All { get; } = (
        from type in typeof(IlgpuDevice).Assembly.GetTypes().Append(typeof(GpuPeak))
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        where method.IsAssembly && method.ReturnType == typeof(void)
            && method.GetParameters() is [{ ParameterType: { IsGenericType: true } first }, ..] && first.GetGenericTypeDefinition() == typeof(ArrayView<>)
        from kernel in Closed(method)
        select kernel).ToDictionary(Name);

    /// <summary>The kernels that OpenCL devices are given, too: all but those that are written for tensor cores.</summary>
    public static IEnumerable<string> OfOpenCl => All.Keys.Where(name => !UsesTensorCores(name));

    /// <summary>The kernels that an NVIDIA GPU of a compute capability runs; tensor cores are used from 8.0 on.</summary>
    public static IEnumerable<string> OfCuda(CudaArchitecture architecture) =>
        All.Keys.Where(name => architecture.Major >= 8 || !UsesTensorCores(name));

    /// <summary>
    /// The PTX of one kernel, for compute capability 8.0 unless another is given. It is made once, in a context of its own: a kernel that
    /// fails to compile would spoil it for the next.
    /// </summary>
    public static string Ptx(string name, CudaArchitecture? of = null) =>
        PtxTexts.GetOrAdd((name, of ?? CudaArchitecture.SM_80), key => new(() => MakePtx(key.Name, key.Of))).Value;

    /// <summary>
    /// The OpenCL C of one kernel, for the least device that the engine takes: it has 64-bit floats, in which losses are summed. Likewise
    /// made once.
    /// </summary>
    public static string OpenCl(string name) => OpenClTexts.GetOrAdd(name, key => new(() => MakeOpenCl(key))).Value;

    static string MakePtx(string name, CudaArchitecture architecture)
    {
        using var context = IlgpuAccelerators.NewContext();
        using var backend = new PTXBackend(context, new CudaCapabilityContext(architecture), architecture,
            CudaAccelerator.GetInstructionSet(architecture, CudaDriverVersion.FromMajorMinor(12, 0)), null);
        SafePipeline.Install(backend);
        return ((PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(All[name]), KernelBounds.Of(All[name]))).PTXAssembly;
    }

    static string MakeOpenCl(string name)
    {
        OpenClFixes.Install();
        using var context = IlgpuAccelerators.NewContext();
        // ILGPU refuses devices without a generic address space, which no kernel needs (OpenClFixes).
        var capabilities = new CLCapabilityContext(
            float16: false, float64: true, genericAddressSpace: true, int64_Atomics: false, subGroups: false);
        using var backend = new CLBackend(context, capabilities, CLDeviceVendor.Other, CLBackend.MinimumVersion);
        SafePipeline.Install(backend);
        var entry = EntryPointDescription.FromExplicitlyGroupedKernel(All[name]);
        var kernel = (CLCompiledKernel)backend.Compile(entry, KernelSpecialization.Empty);
        StableNames.Give(kernel, entry.Name);
        return kernel.Source;
    }

    /// <summary>One kernel as a CUDA device runs it.</summary>
    internal static CudaKernel Load(string name, IlgpuDevice device) => (CudaKernel)device.Accelerator.LoadKernel(All[name], KernelBounds.Of(All[name]));

    static bool UsesTensorCores(string name) => name.Contains(nameof(HardwareCore<>), StringComparison.Ordinal);

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
