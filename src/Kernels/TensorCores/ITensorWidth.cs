namespace GpuStyle.Kernels;

/// <summary>
/// How many outgoing channels a group of four warps computes, two warps side by side along them. A constant of a type, for ILGPU to fold.
/// </summary>
internal interface ITensorWidth
{
    /// <summary>Blocks of 64 channels: as many times 32 are a warp's.</summary>
    static abstract int Blocks { get; }
}

/// <summary>64 channels: more groups, for small pictures.</summary>
internal readonly struct NarrowWidth : ITensorWidth
{
    public static int Blocks => 1;
}

/// <summary>128 channels: what comes in is read half as often, from shared memory too.</summary>
internal readonly struct WideWidth : ITensorWidth
{
    public static int Blocks => 2;
}
