using System.Collections.Immutable;
using System.Reflection;
using ILGPU.Backends;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.OpenCL.Transformations;
using ILGPU.Backends.PointerViews;
using ILGPU.Backends.PTX;
using ILGPU.Backends.PTX.Transformations;
using ILGPU.IR;
using ILGPU.IR.Transformations;

namespace GpuStyle.Kernels;

/// <summary>
/// Works around the optimiser of ILGPU 1.5.3. Its level O2 moves loads from shared memory below the next barrier and so
/// computes wrong results; its level O1 infers no address spaces, which is slow and, in OpenCL C, needs generic pointers that
/// OpenCL 1.2 devices do not have. This replaces a backend's kernel passes by those of O1 plus address-space inference: O2
/// without code placement and without if-conversion.
/// </summary>
internal static class SafePipeline
{
    public static void Install(Backend backend)
    {
        var passes = Transformer.CreateBuilder(TransformerConfiguration.Empty);
        passes.Add(new LowerArrays(MemoryAddressSpace.Local));
        passes.Add(new LowerPointerViews());
        passes.Add(Specializer(backend));
        passes.Add(new Inliner());
        passes.Add(new UnreachableCodeElimination());
        passes.Add(new DeadCodeElimination());
        passes.Add(new InferKernelAddressSpaces(MemoryAddressSpace.Global));
        passes.Add(new LowerStructures());
        passes.Add(new UnreachableCodeElimination());
        passes.Add(new DeadCodeElimination());
        passes.Add(new SSAStructureConstruction());
        passes.Add(new InferLocalAddressSpaces());
        passes.Add(new CleanupBlocks());
        passes.Add(new SimplifyControlFlow());
        passes.Add(new DeadCodeElimination());
        var transformer = passes.ToTransformer();
        Action<ImmutableArray<Transformer>.Builder> add = list => list.Add(transformer);
        Method(backend.GetType(), "InitializeKernelTransformers").Invoke(backend, [add]);
    }

    static AcceleratorSpecializer Specializer(Backend backend) => backend switch
    {
        PTXBackend ptx => new PTXAcceleratorSpecializer(ptx.PointerType, enableAssertions: false, enableIOOperations: false),
        CLBackend cl => new CLAcceleratorSpecializer(cl.PointerType, enableIOOperations: false),
        _ => throw new NotSupportedException($"{backend.GetType().Name} has no kernel passes."),
    };

    static MethodInfo Method(Type? type, string name)
    {
        for (; type is not null; type = type.BaseType)
            if (type.GetMethod(name, BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.DeclaredOnly) is { } method)
                return method;
        throw new MissingMethodException($"ILGPU 1.5.3 is expected: {name} is missing.");
    }
}
