using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.IR.Values;
using ILGPU.Runtime.OpenCL;

namespace GpuStyle.Kernels;

/// <summary>Works around what ILGPU 1.5.3 writes into OpenCL C, and which devices it admits.</summary>
internal static class OpenClFixes
{
    static readonly Lock Gate = new();
    static bool installed;

    /// <summary>
    /// Corrects ILGPU's table of barriers, once per process. It fences global memory only, so that local memory may be read
    /// before it is written; and it spells the function work_group_barrier, which OpenCL C 1.2 does not know, while every
    /// version knows barrier. Likewise the atomic maximum of an int in global memory, the only atomic that our kernels have: ILGPU's needs OpenCL C 2.0 and a generic pointer.
    /// </summary>
    public static void Install()
    {
        lock (Gate)
        {
            if (installed) return;
            Set("MemoryFenceFlags", 0, "CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE");
            Set("BarrierOperations", 1, "barrier");
            ((Dictionary<AtomicKind, string>)Table(typeof(CLInstructions), "AtomicOperations"))[AtomicKind.Max] = "atomic_max";
            ImmutableCollectionsMarshal.AsArray((ImmutableArray<string>)Table(typeof(CLTypeGenerator), "AtomicTypeMapping"))![(int)ArithmeticBasicValueType.Int32] = "global int";
            installed = true;
        }
    }

    /// <summary>
    /// Lets ILGPU use a device without a generic address space (most with OpenCL 1.2 or 3.0): it would refuse it although
    /// <see cref="SafePipeline"/> leaves no generic pointer in our kernels.
    /// </summary>
    public static void AdmitWithoutGenericPointers(CLDevice device)
    {
        if (device.Capabilities.GenericAddressSpace) return;
        var property = device.Capabilities.GetType().GetProperty("GenericAddressSpace", BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
            ?? throw new MissingMemberException("ILGPU 1.5.3 is expected: GenericAddressSpace is missing.");
        property.SetValue(device.Capabilities, true);
    }

    static void Set(string table, int index, string text) => ((string[])Table(typeof(CLInstructions), table))[index] = text;

    static object Table(Type type, string name) => (type.GetField(name, BindingFlags.NonPublic | BindingFlags.Static)
        ?? throw new MissingFieldException($"ILGPU 1.5.3 is expected: {type.Name}.{name} is missing.")).GetValue(null)!;
}
