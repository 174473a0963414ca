using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuStyle.CudaEmulator;

/// <summary>An operation on lanes, eight or four at a time.</summary>
internal interface IUnary<T> where T : unmanaged
{
    static abstract Vector256<T> Of(Vector256<T> a);
}

/// <inheritdoc cref="IUnary{T}"/>
internal interface IBinary<T> where T : unmanaged
{
    static abstract Vector256<T> Of(Vector256<T> a, Vector256<T> b);
}

/// <summary>d = operation(a).</summary>
internal sealed unsafe class Unary<T, TOperation>(int d, int a) : Instruction where T : unmanaged where TOperation : struct, IUnary<T>
{
    public static Instruction Decode(Operands o) => new Unary<T, TOperation>(o.Target<T>(), o.Source<T>());

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        T* to = (T*)(warp.Registers + d), x = (T*)(warp.Registers + a);
        uint active = warp.Active;
        for (int i = 0; i < sizeof(T); i++) Rows.Store(TOperation.Of(Rows.Load(x, i)), to, i, active);
    }
}

/// <summary>d = operation(a, b).</summary>
internal sealed unsafe class Binary<T, TOperation>(int d, int a, int b) : Instruction
    where T : unmanaged where TOperation : struct, IBinary<T>
{
    public static Instruction Decode(Operands o) => new Binary<T, TOperation>(o.Target<T>(), o.Source<T>(), o.Source<T>());

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        T* to = (T*)(warp.Registers + d), x = (T*)(warp.Registers + a), y = (T*)(warp.Registers + b);
        uint active = warp.Active;
        for (int i = 0; i < sizeof(T); i++) Rows.Store(TOperation.Of(Rows.Load(x, i), Rows.Load(y, i)), to, i, active);
    }
}

/// <summary>d = a * b + c.</summary>
internal sealed unsafe class MultiplyAdd<T>(int d, int a, int b, int c) : Instruction where T : unmanaged, INumber<T>
{
    public static Instruction Decode(Operands o) => new MultiplyAdd<T>(o.Target<T>(), o.Source<T>(), o.Source<T>(), o.Source<T>());

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        T* to = (T*)(warp.Registers + d), x = (T*)(warp.Registers + a), y = (T*)(warp.Registers + b), z = (T*)(warp.Registers + c);
        uint active = warp.Active;
        for (int i = 0; i < sizeof(T); i++) Rows.Store(Rows.Load(x, i) * Rows.Load(y, i) + Rows.Load(z, i), to, i, active);
    }
}

/// <summary>A predicate d = operation(a, b): a bit a lane.</summary>
internal sealed unsafe class Comparison<T, TOperation>(int d, int a, int b) : Instruction
    where T : unmanaged where TOperation : struct, IBinary<T>
{
    public static Instruction Decode(Operands o) => new Comparison<T, TOperation>(o.Predicate(), o.Source<T>(), o.Source<T>());

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        T* x = (T*)(warp.Registers + a), y = (T*)(warp.Registers + b);
        uint bits = 0;
        for (int i = 0; i < sizeof(T); i++)
            bits |= TOperation.Of(Rows.Load(x, i), Rows.Load(y, i)).ExtractMostSignificantBits() << i * Vector256<T>.Count;
        warp.SetPredicate(d, bits);
    }
}
