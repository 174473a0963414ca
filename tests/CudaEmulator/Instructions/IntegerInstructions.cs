using System.Numerics;

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
        ("div.s32", Lanes.Of((int a, int b) => Defined(a, b) / b)),
        ("div.s64", Lanes.Of((long a, long b) => Defined(a, b) / b)),
        // rem
        ("rem.s32", Lanes.Of((int a, int b) => Defined(a, b) % b)),
        ("rem.s64", Lanes.Of((long a, long b) => Defined(a, b) % b)),
        // neg
        ("neg.s32", Unary<int, Negate<int>>.Decode),
        // min
        ("min.s32", Binary<int, Least<int>>.Decode),
        ("min.s64", Binary<long, Least<long>>.Decode),
        // max
        ("max.s32", Binary<int, Greatest<int>>.Decode),
        ("max.s64", Binary<long, Greatest<long>>.Decode),
    ];

    /// <summary>
    /// The dividend, if the quotient is a number that fits. It is looked at before the division: PoCL, once it is in the process, takes the
    /// signal by which .NET knows of a division that the processor refuses, and skips the instruction.
    /// </summary>
    static T Defined<T>(T a, T b) where T : IBinaryInteger<T>, IMinMaxValue<T>, ISignedNumber<T> =>
        b == T.Zero ? throw new DivideByZeroException() : a == T.MinValue && b == T.NegativeOne ? throw new OverflowException() : a;
}
