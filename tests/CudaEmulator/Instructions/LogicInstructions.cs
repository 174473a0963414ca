namespace GpuStyle.CudaEmulator;

/// <summary>
/// PTX ISA, "Logic and Shift Instructions"; the section of each is named as the instruction. Shifts by more than the width give zeros, or
/// signs.
/// </summary>
internal static class LogicInstructions
{
    public static IEnumerable<(string Opcode, Decoder Decode)> All =>
    [
        // and, or, xor, not
        ("and.b32", Binary<int, And<int>>.Decode),
        ("or.b32", Binary<int, Or<int>>.Decode),
        ("xor.b32", Binary<int, Xor<int>>.Decode),
        ("and.pred", PredicateLogic.Of((a, b) => a & b)),
        ("or.pred", PredicateLogic.Of((a, b) => a | b)),
        ("not.pred", PredicateLogic.Of(a => ~a)),
        // shl
        ("shl.b32", Lanes.Of((uint a, uint b) => b > 31 ? 0 : a << (int)b)),
        ("shl.b64", Lanes.Of((ulong a, uint b) => b > 63 ? 0 : a << (int)b)),
        // shr
        ("shr.s32", Lanes.Of((int a, uint b) => a >> (int)Math.Min(b, 31))),
        ("shr.u32", Lanes.Of((uint a, uint b) => b > 31 ? 0 : a >> (int)b)),
        ("shr.s64", Lanes.Of((long a, uint b) => a >> (int)Math.Min(b, 63))),
    ];
}

/// <summary>Logic on predicates: a bit a lane.</summary>
internal sealed unsafe class PredicateLogic(int d, int a, int b, Func<uint, uint, uint> operation) : Instruction
{
    public static Decoder Of(Func<uint, uint, uint> operation) =>
        o => new PredicateLogic(o.Predicate(), o.Predicate(), o.Predicate(), operation);

    public static Decoder Of(Func<uint, uint> operation) => o =>
    {
        int to = o.Predicate(), from = o.Predicate();
        return new PredicateLogic(to, from, from, (x, _) => operation(x));
    };

    public override void Execute(Warp warp) => warp.SetPredicate(d, operation(*(uint*)(warp.Registers + a), *(uint*)(warp.Registers + b)));
}
