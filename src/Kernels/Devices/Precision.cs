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
}
