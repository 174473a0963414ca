namespace GpuStyle.Kernels;

/// <summary>Four words of 32 bits that are loaded, stored and copied as one: TF32 numbers, or pairs of halves, the first in the low bits.</summary>
internal struct Word4
{
    public uint X, Y, Z, W;
}
