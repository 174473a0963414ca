namespace GpuStyle.Kernels;

internal sealed class ReferenceSquaredError : ISquaredError
{
    public void Evaluate(Tensor x, double scale, Tensor target, Region region, ScalarSlot value, Tensor? gradient, double gradientScale, bool accumulate)
    {
        ISquaredError.Check(x, target, region, gradient);
        double sum = 0;
        for (int c = 0; c < x.Shape.Channels; c++)
            for (int y = 0; y < x.Shape.Height; y++)
                for (int i = 0; i < x.Shape.Width; i++)
                {
                    bool inside = y >= region.Top && y < region.Top + region.Height && i >= region.Left && i < region.Left + region.Width;
                    double e = inside ? scale * x.Row(c, y)[i] - target.Row(c, y - region.Top)[i - region.Left] : 0;
                    sum += e * e;
                    if (gradient is null) continue;
                    ref double g = ref gradient.Row(c, y)[i];
                    g = gradientScale * e + (accumulate ? g : 0);
                }
        value.Add(sum);
    }
}
