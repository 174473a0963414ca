namespace GpuStyle.Optimization;

/// <summary>
/// A picture that can be had at any size: planar RGB [3,H,W], 0..255, gamma-encoded sRGB. How it is resampled is the caller's
/// affair; asked for its own size it must give its pixels unchanged.
/// </summary>
/// <param name="Height">Its height at the final size of a run.</param>
/// <param name="Width">Its width at the final size of a run.</param>
/// <param name="AtSize">Height and width to pixels.</param>
public sealed record PictureSource(int Height, int Width, Func<int, int, float[]> AtSize);
