using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuStyle.CudaEmulator;

/// <summary>PTX ISA, "Warp Level Matrix Multiply-Accumulate Instructions": mma.</summary>
internal static class MatrixInstructions
{
    public static IEnumerable<(string Opcode, Decoder Decode)> All =>
    [
        // Matrix Fragments for mma.m16n8k8, .tf32
        ("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", MatrixProduct<Tf32Fragments>.Decode),
        // Matrix Fragments for mma.m16n8k16 with floating point type, .f16
        ("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", MatrixProduct<HalfFragments>.Decode),
    ];
}

/// <summary>How the numbers of a matrix lie in the registers of a warp. Lane 4 g + q is thread q of group g.</summary>
internal unsafe interface IFragments
{
    /// <summary>Columns of the first matrix and rows of the second.</summary>
    static abstract int Depth { get; }

    /// <summary>
    /// Writes an eight by <see cref="Depth"/> matrix from registers of which thread q of group g holds parts of row g: of the first
    /// matrix a half of its 16 rows, of the second, whose columns are held so, all of it.
    /// </summary>
    static abstract void Unpack(uint* low, uint* high, float* matrix);
}

/// <summary>A word is a number: thread q has columns q and q + 4.</summary>
internal readonly unsafe struct Tf32Fragments : IFragments
{
    public static int Depth => 8;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(uint* low, uint* high, float* matrix)
    {
        var kept = Vector128.Create(Tf32Format.Mask);
        for (int g = 0; g < 8; g++)
        {
            (Vector128.Load(low + 4 * g) & kept).AsSingle().Store(matrix + 8 * g);
            (Vector128.Load(high + 4 * g) & kept).AsSingle().Store(matrix + 8 * g + 4);
        }
    }
}

/// <summary>A word is two halves: thread q has columns 2 q and 2 q + 1, and 8 more of each.</summary>
internal readonly unsafe struct HalfFragments : IFragments
{
    public static int Depth => 16;

    /// <summary>
    /// Columns come in the order 0, 2, 4, 6, 1, 3, 5, 7, then 8 and on: the same for both matrices, so that the product does not
    /// change.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Unpack(uint* low, uint* high, float* matrix)
    {
        for (int g = 0; g < 8; g++)
        {
            var words = Vector256.Create(Vector128.Load(low + 4 * g), Vector128.Load(high + 4 * g));
            Vector256<float> even = HalfFormat.Lower(words), odd = HalfFormat.Upper(words);
            Vector256.Create(even.GetLower(), odd.GetLower()).Store(matrix + 16 * g);
            Vector256.Create(even.GetUpper(), odd.GetUpper()).Store(matrix + 16 * g + 8);
        }
    }
}

/// <summary>
/// mma.m16n8: d = a b + c, where a has 16 rows, b 8 columns. Thread q of group g holds columns 2 q and 2 q + 1 of c and d, of row g in
/// the first two registers and of row g + 8 in the others. Products are exact in single precision; they are added one after the other,
/// rounding to nearest, which the manual leaves open ("at least single precision").
/// </summary>
internal sealed unsafe class MatrixProduct<TFragments>(int[] d, int[] a, int[] b, int[] c) : Instruction
    where TFragments : struct, IFragments
{
    public static Instruction Decode(Operands o) =>
        new MatrixProduct<TFragments>(o.Targets<uint>(4), o.Sources<uint>(4), o.Sources<uint>(2), o.Sources<uint>(4));

    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override void Execute(Warp warp)
    {
        warp.RequireAll();
        byte* registers = warp.Registers;
        int depth = TFragments.Depth;
        float* rows = stackalloc float[16 * depth], columns = stackalloc float[8 * depth];
        var sorted = stackalloc Vector256<float>[depth];
        TFragments.Unpack((uint*)(registers + a[0]), (uint*)(registers + a[2]), rows);
        TFragments.Unpack((uint*)(registers + a[1]), (uint*)(registers + a[3]), rows + 8 * depth);
        TFragments.Unpack((uint*)(registers + b[0]), (uint*)(registers + b[1]), columns);
        // Even columns of b before odd ones: then the sums of a row lie as threads hold them.
        for (int k = 0; k < depth; k++)
            sorted[k] = Vector256.Create(columns[k], columns[2 * depth + k], columns[4 * depth + k], columns[6 * depth + k],
                columns[depth + k], columns[3 * depth + k], columns[5 * depth + k], columns[7 * depth + k]);
        // All sums before any register is written: one of d may be one of c.
        var results = stackalloc Vector256<float>[16];
        for (int row = 0; row < 16; row++)
        {
            int half = row / 8 * 2, at = row % 8 * 4;
            float* even = (float*)(registers + c[half]) + at, odd = (float*)(registers + c[half + 1]) + at;
            var sums = Vector256.Create(Vector128.Load(even), Vector128.Load(odd));
            for (int k = 0; k < depth; k++) sums += Vector256.Create(rows[row * depth + k]) * sorted[k];
            results[row] = CanonicalNaN.In(sums);
        }
        for (int row = 0; row < 16; row++)
        {
            int half = row / 8 * 2, at = row % 8 * 4;
            results[row].GetLower().Store((float*)(registers + d[half]) + at);
            results[row].GetUpper().Store((float*)(registers + d[half + 1]) + at);
        }
    }
}
