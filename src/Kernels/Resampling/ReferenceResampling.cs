namespace GpuStyle.Kernels;

internal sealed class ReferenceResampling : IResampling
{
    public void Resize(Tensor source, Tensor destination, bool wrap)
    {
        var (channels, height, width) = destination.Shape;
        var rows = new ResamplingWeights(source.Shape.Height, height, wrap);
        var columns = new ResamplingWeights(source.Shape.Width, width, wrap);
        for (int c = 0; c < channels; c++)
            for (int y = 0; y < height; y++)
                for (int x = 0; x < width; x++)
                {
                    double sum = 0;
                    for (int i = y * rows.Taps; i < (y + 1) * rows.Taps; i++)
                        for (int j = x * columns.Taps; j < (x + 1) * columns.Taps; j++)
                            sum += (double)rows.Weights[i] * columns.Weights[j] * source.Row(c, rows.Index[i])[columns.Index[j]];
                    destination.Row(c, y)[x] = sum;
                }
    }
}
