using GpuStyle.Kernels;
using ILGPU.Runtime.OpenCL;

namespace GpuStyle.Tests.Support;

/// <summary>A device that computes as another does until it fails, once and for all, in a given evaluation.</summary>
internal sealed class FailingDevice(Device inner, int evaluation) : WrappedDevice(inner)
{
    int evaluations;

    /// <summary>What it says that it has free, if not the truth.</summary>
    public long? Free { get; init; }

    public override string Name => "failing device";
    public override long FreeBytes => Free ?? Inner.FreeBytes;
    public override ITotalVariation TotalVariation => new Variation(this);

    /// <summary>Every evaluation asks for the variation once.</summary>
    sealed class Variation(FailingDevice device) : ITotalVariation
    {
        public void Evaluate(TotalVariationKind kind, Tensor picture, ScalarSlot value, Tensor gradient, float weight, Tensor? pairs, bool wrap)
        {
            if (++device.evaluations >= device.Failing) throw new CLException(CLError.CL_OUT_OF_RESOURCES);
            device.Inner.TotalVariation.Evaluate(kind, picture, value, gradient, weight, pairs, wrap);
        }
    }

    int Failing => evaluation;
}
