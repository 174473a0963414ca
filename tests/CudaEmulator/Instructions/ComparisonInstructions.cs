using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuStyle.CudaEmulator;

/// <summary>PTX ISA, "Comparison and Selection Instructions": setp with every comparison of a type, and selp.</summary>
internal static class ComparisonInstructions
{
    public static IEnumerable<(string Opcode, Decoder Decode)> All =>
    [
        // setp; lo, ls, hi and hs are the unsigned comparisons
        .. Integers<int>("s32", "lt", "le", "gt", "ge"),
        .. Integers<long>("s64", "lt", "le", "gt", "ge"),
        .. Integers<uint>("u32", "lo", "ls", "hi", "hs"),
        .. Integers<ulong>("u64", "lo", "ls", "hi", "hs"),
        .. Floats<float>("f32"),
        .. Floats<double>("f64"),
        // selp
        ("selp.b32", Selection<uint>.Decode),
        ("selp.b64", Selection<ulong>.Decode),
    ];

    static IEnumerable<(string, Decoder)> Integers<T>(string type, string less, string lessOrEqual, string greater, string greaterOrEqual)
        where T : unmanaged =>
    [
        .. Ordered<T>(type, less, lessOrEqual, greater, greaterOrEqual),
        ($"setp.ne.{type}", Comparison<T, Not<T, Equal<T>>>.Decode),
    ];

    /// <summary>A comparison with u is true if an operand is a NaN, one without it false.</summary>
    static IEnumerable<(string, Decoder)> Floats<T>(string type) where T : unmanaged =>
    [
        .. Ordered<T>(type, "lt", "le", "gt", "ge"),
        ($"setp.neu.{type}", Comparison<T, Not<T, Equal<T>>>.Decode),
        ($"setp.ltu.{type}", Comparison<T, Not<T, Swapped<T, LessOrEqual<T>>>>.Decode),
        ($"setp.leu.{type}", Comparison<T, Not<T, Swapped<T, Less<T>>>>.Decode),
        ($"setp.gtu.{type}", Comparison<T, Not<T, LessOrEqual<T>>>.Decode),
        ($"setp.geu.{type}", Comparison<T, Not<T, Less<T>>>.Decode),
    ];

    static IEnumerable<(string, Decoder)> Ordered<T>(string type, string less, string lessOrEqual, string greater, string greaterOrEqual)
        where T : unmanaged =>
    [
        ($"setp.eq.{type}", Comparison<T, Equal<T>>.Decode),
        ($"setp.{less}.{type}", Comparison<T, Less<T>>.Decode),
        ($"setp.{lessOrEqual}.{type}", Comparison<T, LessOrEqual<T>>.Decode),
        ($"setp.{greater}.{type}", Comparison<T, Swapped<T, Less<T>>>.Decode),
        ($"setp.{greaterOrEqual}.{type}", Comparison<T, Swapped<T, LessOrEqual<T>>>.Decode),
    ];
}

/// <summary>selp: d = predicate ? a : b.</summary>
internal sealed unsafe class Selection<T>(int d, int a, int b, int predicate) : Instruction where T : unmanaged
{
    public static Instruction Decode(Operands o) => new Selection<T>(o.Target<T>(), o.Source<T>(), o.Source<T>(), o.Predicate());

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        T* to = (T*)(warp.Registers + d), x = (T*)(warp.Registers + a), y = (T*)(warp.Registers + b);
        uint bits = *(uint*)(warp.Registers + predicate), active = warp.Active;
        for (int i = 0; i < sizeof(T); i++)
            Rows.Store(Vector256.ConditionalSelect(Rows.Mask<T>(bits, i), Rows.Load(x, i), Rows.Load(y, i)), to, i, active);
    }
}
