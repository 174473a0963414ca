using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuStyle.CudaEmulator;

/// <summary>PTX ISA, "Data Movement and Conversion Instructions": cvt, cvta and mov.</summary>
internal static class ConversionInstructions
{
    public static IEnumerable<(string Opcode, Decoder Decode)> All =>
    [
        // mov
        ("mov.b32", Unary<uint, Copy<uint>>.Decode),
        ("mov.f32", Unary<uint, Copy<uint>>.Decode),
        ("mov.b64", Unary<ulong, Copy<ulong>>.Decode),
        ("mov.f64", Unary<ulong, Copy<ulong>>.Decode),
        ("mov.pred", o => new PredicateLogic(o.Predicate(), o.PredicateSource(), o.Same(), (a, _) => a)),
        // cvta: a global address has the same value in generic space
        ("cvta.to.global.u64", Unary<ulong, Copy<ulong>>.Decode),
        // cvt
        ("cvt.s64.s32", Widening.Decode),
        ("cvt.u64.u32", Lanes.Of((uint a) => (ulong)a)),
        ("cvt.s32.s64", Narrowing.Decode),
        ("cvt.u32.u64", Narrowing.Decode),
        ("cvt.f64.f32", Lanes.Of((float a) => (double)a)),
        ("cvt.rn.f32.f64", Lanes.Of((double a) => CanonicalNaN.In((float)a))),
        ("cvt.rn.f32.s32", Lanes.Of((int a) => (float)a)),
        ("cvt.rn.f64.s32", Lanes.Of((int a) => (double)a)),
        // to an integer: values beyond its range become its ends, NaNs 0
        ("cvt.rzi.s32.f32", Lanes.Of((float a) => (int)a)),
        ("cvt.rzi.s64.f32", Lanes.Of((float a) => (long)a)),
        // the first source becomes the upper half
        ("cvt.rn.f16x2.f32", Lanes.Of((float a, float b) => HalfFormat.Of(a) << 16 | HalfFormat.Of(b))),
        // to nearest, ties away from zero, 13 bits of zeros below; a NaN stays one
        ("cvt.rna.tf32.f32", Lanes.Of((float a) => Tf32Format.Round(a))),
    ];
}

/// <summary>cvt.s64.s32.</summary>
internal sealed unsafe class Widening(int d, int a) : Instruction
{
    public static Instruction Decode(Operands o) => new Widening(o.Target<long>(), o.Source<int>());

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        long* to = (long*)(warp.Registers + d);
        int* x = (int*)(warp.Registers + a);
        uint active = warp.Active;
        for (int i = 0; i < sizeof(int); i++)
        {
            var (lower, upper) = Vector256.Widen(Rows.Load(x, i));
            Rows.Store(lower, to, 2 * i, active);
            Rows.Store(upper, to, 2 * i + 1, active);
        }
    }
}

/// <summary>cvt.u32.u64 and cvt.s32.s64: the lower half.</summary>
internal sealed unsafe class Narrowing(int d, int a) : Instruction
{
    public static Instruction Decode(Operands o) => new Narrowing(o.Target<int>(), o.Source<long>());

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        int* to = (int*)(warp.Registers + d);
        long* x = (long*)(warp.Registers + a);
        for (int i = 0; i < sizeof(int); i++)
            Rows.Store(Vector256.Narrow(Rows.Load(x, 2 * i), Rows.Load(x, 2 * i + 1)), to, i, warp.Active);
    }
}

/// <summary>mul.wide.u32: the whole product of two halves.</summary>
internal sealed unsafe class WideProduct(int d, int a, int b) : Instruction
{
    public static Instruction Decode(Operands o) => new WideProduct(o.Target<ulong>(), o.Source<uint>(), o.Source<uint>());

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        ulong* to = (ulong*)(warp.Registers + d);
        uint* x = (uint*)(warp.Registers + a), y = (uint*)(warp.Registers + b);
        uint active = warp.Active;
        for (int i = 0; i < sizeof(uint); i++)
        {
            var (lowerX, upperX) = Vector256.Widen(Rows.Load(x, i));
            var (lowerY, upperY) = Vector256.Widen(Rows.Load(y, i));
            Rows.Store(lowerX * lowerY, to, 2 * i, active);
            Rows.Store(upperX * upperY, to, 2 * i + 1, active);
        }
    }
}
