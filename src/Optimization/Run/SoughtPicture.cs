using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>
/// What goes from one size to the next where neighbors are looked for once a size (<see cref="StyleLossKind.Hypercolumns"/>), as in the
/// program of NNST: the picture whose places' neighbors are sought, and the photograph's details in the picture that the size begins with.
/// Details are what halving takes away from the photograph at that size.
/// </summary>
/// <param name="device">Where the picture is.</param>
/// <param name="settings">The run.</param>
/// <param name="pictures">Its pictures.</param>
internal sealed class SoughtPicture(Device device, TransferSettings settings, TransferPictures pictures)
{
    /// <summary>
    /// Sizes that are so many times smaller than the last one begin with the photograph's details: where that is below
    /// <see cref="LargeSide"/> px, and where it is not.
    /// </summary>
    const double DetailedIfSmall = 8, DetailedIfLarge = 4;

    const int LargeSide = 1024;

    bool Looks => settings.Objective is { StyleLoss: StyleLossKind.Hypercolumns, StyleLayers.Count: > 0 };

    /// <summary>Adds the photograph's details to an enlarged picture if its size is so coarse that they belong to it.</summary>
    public void AddDetails(PyramidLevel level, Tensor picture)
    {
        if (HasDetails(level)) InitialDetails.Add(device, pictures, level, picture);
    }

    /// <summary>
    /// The picture whose neighbors are sought: <see cref="ObjectiveSettings.SoughtContent"/> of the photograph, the rest the picture that
    /// the size begins with and the photograph's details. Null: the photograph, as at the first size.
    /// </summary>
    public TargetPicture? At(PyramidLevel level, Tensor picture, bool first)
    {
        if (!Looks || level.Polish || (first && pictures.Content is not null)) return null;
        if (pictures.Content is null) return Copy(level, picture);
        double alpha = settings.Objective.SoughtContent;
        using var content = pictures.Content.Upload(device, level.Height, level.Width);
        using var smooth = InitialDetails.Smooth(device, content);
        if (HasDetails(level)) device.Vectors.Combine([content, picture], [alpha, 1 - alpha], smooth);
        else device.Vectors.Combine([content, picture, smooth], [1, 1 - alpha, alpha - 1], smooth);
        return Copy(level, smooth);
    }

    bool HasDetails(PyramidLevel level) => Looks && settings.Init == InitKind.Content && pictures.Content is not null
        && level.Divisor >= (Math.Max(pictures.Height, pictures.Width) < LargeSide ? DetailedIfSmall : DetailedIfLarge);

    TargetPicture Copy(PyramidLevel level, Tensor picture)
    {
        if (!device.HasValues) return new(pictures.Styles[0] with { Height = level.Height, Width = level.Width });
        float[] pixels = device.Download(picture);
        return new(new(level.Height, level.Width, (_, _) => pixels));
    }
}
