using System.Reflection;
using System.Text.RegularExpressions;
using GpuStyle.Kernels;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// What an NVIDIA driver would be given, looked at without one: every kernel compiles to PTX that calls nothing, spills nothing
/// into thread-local memory, and knows the address space of every load and store. Whether it computes what it should is for
/// the other tests to say.
/// </summary>
public sealed partial class PtxTests
{
    [Theory]
    [MemberData(nameof(Kernels))]
    public void Kernels_compile_to_plain_PTX(string type, string method)
    {
        var kernel = Find().Single(m => m.DeclaringType!.Name == type && m.Name == method);
        if (kernel.IsGenericMethodDefinition) kernel = kernel.MakeGenericMethod(typeof(GpuTiling));
        var architecture = CudaArchitecture.SM_80;
        // A context of its own: a kernel that fails to compile would spoil it for the next.
        using var context = Context.Create(builder => builder.Optimize(OptimizationLevel.O1).Inlining(InliningMode.Aggressive));
        using var backend = new PTXBackend(context, new CudaCapabilityContext(architecture), architecture,
            CudaAccelerator.GetInstructionSet(architecture, CudaDriverVersion.FromMajorMinor(12, 0)), null);
        SafePipeline.Install(backend);
        var compiled = (PTXCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), KernelSpecialization.Empty);
        string ptx = compiled.PTXAssembly;
        Assert.Contains(".entry", ptx);
        Assert.DoesNotContain(".extern .func", ptx);
        Assert.DoesNotContain(".local", ptx);
        Assert.DoesNotMatch(Call(), ptx);
        Assert.DoesNotMatch(GenericAccess(), ptx);
        TestContext.Current.TestOutputHelper?.WriteLine($"{ptx.Count(c => c == '\n')} lines, {Regex.Count(ptx, "ld.global.v4")} loads of 16 bytes");
    }

    public static IEnumerable<TheoryDataRow<string, string>> Kernels() => Find().Select(m => new TheoryDataRow<string, string>(m.DeclaringType!.Name, m.Name));

    /// <summary>Kernels are the internal static methods of the ILGPU engine that take device memory and return nothing.</summary>
    static IEnumerable<MethodInfo> Find() =>
        from type in typeof(IlgpuDevice).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        where method.IsAssembly && method.ReturnType == typeof(void)
            && method.GetParameters() is [{ ParameterType: { IsGenericType: true } first }, ..] && first.GetGenericTypeDefinition() == typeof(ArrayView<>)
        select method;

    [GeneratedRegex(@"\bcall(\.uni)?\b")]
    private static partial Regex Call();

    /// <summary>A load or store that names no address space.</summary>
    [GeneratedRegex(@"\b(ld|st)\.(v[24]\.)?[bfsu]\d+\s")]
    private static partial Regex GenericAccess();
}
