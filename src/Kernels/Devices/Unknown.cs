namespace GpuStyle.Kernels;

/// <summary>What a switch throws at a kind that it has forgotten, instead of taking it for another.</summary>
internal static class Unknown
{
    /// <summary>The exception: a fault of the program, not of its input.</summary>
    public static NotImplementedException Kind<T>(T kind) where T : struct, Enum => new($"{typeof(T).Name}.{kind} is not handled here.");
}
