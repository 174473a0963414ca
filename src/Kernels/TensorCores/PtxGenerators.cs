using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Types;
using ILGPU.IR.Values;
using Registers = ILGPU.Backends.RegisterAllocator<ILGPU.Backends.PTX.PTXRegisterKind>;

namespace GpuStyle.Kernels;

/// <summary>The PTX of each method of <see cref="TensorInstructions"/>, found by its name; ILGPU calls them while it writes a kernel.</summary>
internal static class PtxGenerators
{
    public static void MmaTf32(PTXBackend backend, PTXCodeGenerator generator, Value value) =>
        Mma(generator, value, "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32");

    public static void MmaF16(PTXBackend backend, PTXCodeGenerator generator, Value value) =>
        Mma(generator, value, "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32");

    public static void RoundTf32(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        string from = Register(generator, ((MethodCall)value)[0]);
        Line(generator, $"cvt.rna.tf32.f32 {Name(generator.Allocate(value))}, {from}");
    }

    public static void PackHalves(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        var call = (MethodCall)value;
        string low = Register(generator, call[0]), high = Register(generator, call[1]);
        Line(generator, $"cvt.rn.f16x2.f32 {Name(generator.Allocate(value))}, {high}, {low}");
    }

    public static void CopyAsync(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        var call = (MethodCall)value;
        Value to = call[0].Resolve(), from = call[1].Resolve();
        // A generic address has the value of the global one; a shared one must be made relative to shared memory.
        string shared = ((AddressSpaceType)to.Type).AddressSpace == MemoryAddressSpace.Shared
            ? $"cvt.u32.u64 to, {Register(generator, to)};"
            : $".reg .u64 wide; cvta.to.shared.u64 wide, {Register(generator, to)}; cvt.u32.u64 to, wide;";
        generator.Builder.AppendLine($"\t{{ .reg .u32 to; {shared} cp.async.cg.shared.global [to], [{Register(generator, from)}], 16; }}");
    }

    public static void CommitCopies(PTXBackend backend, PTXCodeGenerator generator, Value value) => Line(generator, "cp.async.commit_group");

    public static void WaitForCopies(PTXBackend backend, PTXCodeGenerator generator, Value value) => Line(generator, "cp.async.wait_group 1");

    static void Mma(PTXCodeGenerator generator, Value value, string instruction)
    {
        var call = (MethodCall)value;
        string c = Vector(generator, call[0]);
        string a = $"{{{string.Join(", ", Enumerable.Range(1, 4).Select(i => Register(generator, call[i])))}}}";
        string b = $"{{{Register(generator, call[5])}, {Register(generator, call[6])}}}";
        var result = (Registers.CompoundRegister)generator.Allocate(value);
        Line(generator, $"{instruction} {{{string.Join(", ", result.Children.Select(Name))}}}, {a}, {b}, {c}");
    }

    /// <summary>The register that holds a value; constants are put into one.</summary>
    static string Register(PTXCodeGenerator generator, Value value) => Name(generator.LoadHardware(value));

    static string Vector(PTXCodeGenerator generator, Value value) =>
        $"{{{string.Join(", ", ((Registers.CompoundRegister)generator.Load(value)).Children.Select(r => r is Registers.ConstantRegister constant ? Constant(constant) : Name(r)))}}}";

    static string Constant(Registers.ConstantRegister constant) => "0f" + BitConverter.SingleToUInt32Bits(constant.Value.Float32Value).ToString("X8");

    static string Name(Registers.Register register) => "%" + PTXRegisterAllocator.GetStringRepresentation((Registers.HardwareRegister)register);

    static void Line(PTXCodeGenerator generator, string instruction) => generator.Builder.Append('\t').Append(instruction).AppendLine(";");
}
