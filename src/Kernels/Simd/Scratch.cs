namespace GpuStyle.Kernels;

/// <summary>What a piece of reused scratch memory is for; two purposes of one operation never share.</summary>
internal enum Scratch
{
    /// <summary>Offsets of a convolution's segments.</summary>
    Segments,

    /// <summary>Tiles between micro-kernel and epilogue, one set a thread.</summary>
    Tiles,

    /// <summary>Winograd-transformed tiles, before and after the matrix products.</summary>
    Transformed,

    /// <summary>A picture with a border of zeros.</summary>
    Picture,

    /// <summary>Partial sums.</summary>
    Partials,

    /// <summary>A matrix in the micro-kernel's order, or partial Gram matrices.</summary>
    Matrix,

    /// <summary>Addresses of the vectors of one operation.</summary>
    Pointers,
}
