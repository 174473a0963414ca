namespace GpuStyle.Kernels;

internal sealed class IlgpuSamples(IlgpuDevice device) : ISamples
{
    public void Multiply(Tensor left, bool leftTurned, Tensor right, bool rightTurned, double factor, Tensor result, bool accumulate) => throw new NotImplementedException(device.Name);
    public void Normalize(Tensor samples, Tensor lengths) => throw new NotImplementedException();
    public void NormalizeGradient(Tensor normalized, Tensor lengths, Tensor gradient) => throw new NotImplementedException();
    public void Relate(Tensor products) => throw new NotImplementedException();
    public void CompareRelations(Tensor products, Tensor target, double factor, ScalarSlot sum) => throw new NotImplementedException();
    public void Deviate(Tensor values, Tensor target, double factor, ScalarSlot sum) => throw new NotImplementedException();
    public void TakeLarger(Tensor first, ScalarSlot ofFirst, double firstFactor, Tensor second, ScalarSlot ofSecond, double secondFactor) => throw new NotImplementedException();
    public void NearestColors(Tensor colors, Tensor others, Tensor nearest) => throw new NotImplementedException();
    public void PullColors(Tensor colors, Tensor others, Tensor nearest, bool ofOthers, double factor, ScalarSlot sum, Tensor gradient) => throw new NotImplementedException();
}
