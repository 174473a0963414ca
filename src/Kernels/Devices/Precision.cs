using System.Diagnostics.CodeAnalysis;

namespace GpuStyle.Kernels;

/// <summary>
/// In what numbers an engine multiplies where it multiplies most: in convolutions and Gram products. Sums, and everything that
/// is stored, are float32 in each.
/// </summary>
public enum Precision
{
    /// <summary>TF32 on NVIDIA's tensor cores, else float32.</summary>
    Auto,

    /// <summary>float32.</summary>
    Fp32,

    /// <summary>TF32: float32's range with 11 significant bits. On NVIDIA GPUs from compute capability 8.0.</summary>
    Tf32,

    /// <summary>
    /// Half precision, 11 significant bits, for convolutions: each tensor is scaled by a power of two, so that its largest value is
    /// near half precision's; what is 2^27 times smaller loses bits. Gram products are TF32. On NVIDIA GPUs from compute capability 8.0.
    /// </summary>
    Fp16,

    /// <summary>
    /// 16-bit integers for Winograd convolutions on an x86 processor: sixty-four inputs of a tile, or weights of an output, share a scale, so that the largest has 13 to 15
    /// bits; errors of some 1e-3 of a layer's values. Gram products are float32.
    /// </summary>
    [SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "It is what is multiplied in, as the others are.")]
    Int16,
}
