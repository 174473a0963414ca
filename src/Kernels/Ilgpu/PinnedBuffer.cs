using ILGPU.Runtime;

namespace GpuStyle.Kernels;

/// <summary>Memory that CUDA's driver has locked in place, so that the GPU copies from and to it by itself.</summary>
internal sealed class PinnedBuffer(Accelerator accelerator, long count) : HostBuffer
{
    readonly PageLockedArray1D<float> memory = accelerator.AllocatePageLocked1D<float>(count);

    public override Span<float> Values => memory.Span;

    protected override void Dispose(bool disposing)
    {
        if (disposing) memory.Dispose();
        base.Dispose(disposing);
    }
}
