using System.Reflection;
using ILGPU;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace GpuStyle.Kernels;

/// <summary>
/// PTX instructions of compute capability 8.0 that ILGPU 1.5.3 has no method for. Each call becomes one instruction whose operands
/// stay in registers, which CudaAsm.EmitRef does not achieve (it goes through local memory). Only kernels for CUDA may call them;
/// those for other devices take <see cref="EmulatedCore{TFormat}"/>.
/// </summary>
internal static class TensorInstructions
{
    /// <summary>a (16x8, TF32) times b (8x8, TF32) plus c, by a warp; operands as in the PTX manual, mma.m16n8k8.</summary>
    [IntrinsicImplementation]
    public static Float4 MmaTf32(Float4 c, uint a0, uint a1, uint a2, uint a3, uint b0, uint b1) => throw Absent();

    /// <summary>a (16x16, half) times b (16x8, half) plus c, by a warp; operands as in the PTX manual, mma.m16n8k16.</summary>
    [IntrinsicImplementation]
    public static Float4 MmaF16(Float4 c, uint a0, uint a1, uint a2, uint a3, uint b0, uint b1) => throw Absent();

    /// <summary>A float as a TF32 number, rounded to nearest, halves away from 0; a NaN stays one.</summary>
    [IntrinsicImplementation]
    public static uint RoundTf32(float value) => throw Absent();

    /// <summary>Two floats as halves, rounded to nearest even.</summary>
    [IntrinsicImplementation]
    public static uint PackHalves(float low, float high) => throw Absent();

    /// <summary>Starts copying 16 bytes from global to shared memory.</summary>
    [IntrinsicImplementation]
    public static void CopyAsync(ref Word4 shared, ref Word4 global) => throw Absent();

    /// <summary>Makes a group of the copies that this thread has started since the last one.</summary>
    [IntrinsicImplementation]
    public static void CommitCopies() => throw Absent();

    /// <summary>Waits until all of this thread's groups of copies are done but for the last one.</summary>
    [IntrinsicImplementation]
    public static void WaitForCopies() => throw Absent();

    /// <summary>Teaches ILGPU the PTX of each method; called once for each context.</summary>
    public static void Register(Context.Builder builder)
    {
        var manager = builder.GetIntrinsicManager();
        foreach (var method in typeof(TensorInstructions).GetMethods(BindingFlags.Public | BindingFlags.Static))
            if (method.IsDefined(typeof(IntrinsicImplementationAttribute)))
            {
                var generator = typeof(PtxGenerators).GetMethod(method.Name) ?? throw new MissingMethodException(nameof(PtxGenerators), method.Name);
                manager.RegisterMethod(method, new PTXIntrinsic(generator, IntrinsicImplementationMode.GenerateCode));
            }
    }

    static NotSupportedException Absent() => new("This instruction exists in PTX alone.");
}
