namespace GpuStyle.Kernels;

internal sealed class IlgpuMatching(IlgpuDevice device) : IMatching
{
    public void Gather(Tensor features, SampleMap map, Tensor samples, int column, bool accumulate) => throw new NotImplementedException(device.Name);
    public void Scatter(Tensor samples, int column, SampleMap map, Tensor features) => throw new NotImplementedException();
    public void Center(Tensor samples, Tensor lengths) => throw new NotImplementedException();
    public void CenterGradient(Tensor centered, Tensor lengths, Tensor gradient) => throw new NotImplementedException();
    public void Normalize(Tensor samples, Tensor lengths) => throw new NotImplementedException();
    public void NormalizeGradient(Tensor normalized, Tensor lengths, Tensor gradient) => throw new NotImplementedException();
    public void Match(Tensor samples, Tensor others, Tensor? nearest, Tensor? nearestOfOthers) => throw new NotImplementedException();
    public void Pull(Tensor samples, Tensor targets, Tensor? nearest, Tensor? weights, double factor, ScalarSlot sum, Tensor gradient) => throw new NotImplementedException();
    public void Cover(Tensor samples, Tensor others, Tensor nearest, double factor, ScalarSlot sum, Tensor gradient) => throw new NotImplementedException();
}
