using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// Where a picture keeps the content's pixels: with K the mask and c the content, the objective sees (1 - K) x + K c, whatever x is, and its
/// gradient with respect to x is (1 - K) times that with respect to what it sees. An optimiser need not know.
/// </summary>
internal sealed class KeptPixels
{
    readonly Tensor rest, content, shown;

    public KeptPixels(MaskSource mask, Tensor? picture, int height, int width, TensorList owned)
    {
        if (picture is null) throw new RequestException("There is no content picture whose pixels could be kept.");
        var device = picture.Device;
        Shape plane = new(1, height, width);
        float[] values = mask.AtSize(height, width);
        rest = owned.Allocate(plane, Array.ConvertAll(values, k => 1 - k));
        content = owned.Allocate(picture.Shape);
        shown = owned.Allocate(picture.Shape);
        using var kept = device.Allocate(plane, values);
        device.Moments.Scale(picture, kept, Region.All(plane), content, accumulate: false);
    }

    /// <summary>(1 - K) x + K c, until the next call.</summary>
    public Tensor Compose(Tensor picture)
    {
        var device = picture.Device;
        device.Vectors.Copy(content, shown);
        device.Moments.Scale(picture, rest, Region.All(rest.Shape), shown, accumulate: true);
        return shown;
    }

    /// <summary>gradient = (1 - K) gradient.</summary>
    public void Mask(Tensor gradient) => gradient.Device.Moments.Scale(gradient, rest, Region.All(rest.Shape), gradient, accumulate: false);
}
