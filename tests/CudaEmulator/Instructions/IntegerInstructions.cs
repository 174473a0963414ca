namespace GpuStyle.CudaEmulator;

/// <summary>PTX ISA, "Integer Arithmetic Instructions"; the section of each is named as the instruction.</summary>
internal static class IntegerInstructions
{
    public static IEnumerable<(string Opcode, Decoder Decode)> All =>
    [
        // add
        ("add.s32", Binary<int, Add<int>>.Decode),
        ("add.s64", Binary<long, Add<long>>.Decode),
        ("add.u64", Binary<ulong, Add<ulong>>.Decode),
        // sub
        ("sub.s32", Binary<int, Subtract<int>>.Decode),
        ("sub.s64", Binary<long, Subtract<long>>.Decode),
        // mul
        ("mul.lo.s32", Binary<int, Multiply<int>>.Decode),
        ("mul.lo.s64", Binary<long, Multiply<long>>.Decode),
        ("mul.wide.u32", WideProduct.Decode),
        // mad
        ("mad.lo.u64", MultiplyAdd<ulong>.Decode),
        // div: the quotient by 0 is not specified, and an error here, as is one that does not fit
        ("div.s32", Lanes.Of((int a, int b) => a / b)),
        ("div.s64", Lanes.Of((long a, long b) => a / b)),
        // rem
        ("rem.s32", Lanes.Of((int a, int b) => a % b)),
        ("rem.s64", Lanes.Of((long a, long b) => a % b)),
        // neg
        ("neg.s32", Unary<int, Negate<int>>.Decode),
        // min
        ("min.s32", Binary<int, Least<int>>.Decode),
        ("min.s64", Binary<long, Least<long>>.Decode),
        // max
        ("max.s32", Binary<int, Greatest<int>>.Decode),
        ("max.s64", Binary<long, Greatest<long>>.Decode),
    ];
}
