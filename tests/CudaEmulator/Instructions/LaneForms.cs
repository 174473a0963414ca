using System.Runtime.CompilerServices;

namespace GpuStyle.CudaEmulator;

/// <summary>Operations that are done lane by lane, since there is no vector form of them or they are rare.</summary>
internal static class Lanes
{
    public static Decoder Of<TA, TD>(Func<TA, TD> operation) where TA : unmanaged where TD : unmanaged =>
        o => new LaneUnary<TA, TD>(o.Target<TD>(), o.Source<TA>(), operation);

    public static Decoder Of<TA, TB, TD>(Func<TA, TB, TD> operation) where TA : unmanaged where TB : unmanaged where TD : unmanaged =>
        o => new LaneBinary<TA, TB, TD>(o.Target<TD>(), o.Source<TA>(), o.Source<TB>(), operation);
}

/// <summary>d = operation(a), lane by lane.</summary>
internal sealed unsafe class LaneUnary<TA, TD>(int d, int a, Func<TA, TD> operation) : Instruction where TA : unmanaged where TD : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        TD* to = (TD*)(warp.Registers + d);
        TA* x = (TA*)(warp.Registers + a);
        foreach (int lane in warp.ActiveLanes) to[lane] = operation(x[lane]);
    }
}

/// <summary>d = operation(a, b), lane by lane.</summary>
internal sealed unsafe class LaneBinary<TA, TB, TD>(int d, int a, int b, Func<TA, TB, TD> operation) : Instruction
    where TA : unmanaged where TB : unmanaged where TD : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Execute(Warp warp)
    {
        TD* to = (TD*)(warp.Registers + d);
        TA* x = (TA*)(warp.Registers + a);
        TB* y = (TB*)(warp.Registers + b);
        foreach (int lane in warp.ActiveLanes) to[lane] = operation(x[lane], y[lane]);
    }
}
