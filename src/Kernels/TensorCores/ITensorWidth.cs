namespace GpuStyle.Kernels;

/// <summary>How many outgoing channels a group computes: 32 for each pair of warps, one above the other. A constant of a type, for ILGPU to fold.</summary>
internal interface ITensorWidth
{
    /// <summary>Warps side by side along outgoing channels.</summary>
    static abstract int ColumnWarps { get; }
}

/// <summary>64 channels by 128 threads: more groups, for small pictures.</summary>
internal readonly struct NarrowWidth : ITensorWidth
{
    public const int Warps = 2;

    public static int ColumnWarps => Warps;
}

/// <summary>128 channels by 256 threads: what comes in is read half as often.</summary>
internal readonly struct WideWidth : ITensorWidth
{
    public static int ColumnWarps => 4;
}
