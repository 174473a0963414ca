using GpuStyle.Imaging;
using GpuStyle.Optimization;
using Microsoft.Win32.SafeHandles;

namespace GpuStyle.Cli.Running;

/// <summary>
/// A picture file that a run works from. Whenever a size of it is wanted the file is read again, in strips; its pixels are not held.
/// </summary>
internal sealed class PictureInput
{
    /// <summary>As many pixels as a JPEG file can have. Nothing of this size is held, but a header may claim anything.</summary>
    public const long MostPixels = 65_535L * 65_535;

    readonly string path;
    readonly LoadOptions options;
    readonly SafeFileHandle held;
    readonly float[] mean;

    /// <summary>Reads the file to its end, so that what is wrong with it is found before anything is computed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="size">The longest side that it is to have; 0 keeps its own size, pixels untouched.</param>
    /// <param name="option">The option that the size comes from, for messages.</param>
    public PictureInput(string path, int size, string option = "--size")
    {
        this.path = path;
        foreach (string note in PictureFile.Inspect(path, new() { MaxPixels = MostPixels }).Notes) Terminal.SayOnce($"{note}.");
        (Width, Height) = Pictures.Fitted(path, size, option);
        options = new LoadOptions { Size = size, MaxPixels = MostPixels };
        var seen = new SeenPixels();
        PictureFile.LoadRows(path, options, (_, rgb, alpha) =>
        {
            seen.Add(rgb, alpha);
            if (!alpha.IsEmpty) (Alpha ??= new()).Add(alpha);
        });
        (IsGray, mean) = (seen.AreGray, seen.Mean);
        if (Alpha is { IsOpaque: false }) Opacity = Alpha.ToMask(Width, Height);
        held = HeldFiles.Hold(path);
    }

    /// <summary>Its file, as it was named.</summary>
    public string Name => path;

    /// <summary>Pixels in a row, at its size.</summary>
    public int Width { get; private init; }

    /// <summary>Rows, at its size.</summary>
    public int Height { get; private init; }

    /// <summary>How opaque it is, if the file says so.</summary>
    public AlphaPlane? Alpha { get; private set; }

    /// <summary>The same as a mask; null if nothing of it is transparent.</summary>
    public MaskPlane? Opacity { get; }

    /// <summary>Whether what can be seen of it has no color.</summary>
    public bool IsGray { get; }

    /// <summary>The picture at any size, resampled in linear light.</summary>
    public PictureSource Source => In(null);

    /// <summary>The picture at any size, in other colours if there is a map.</summary>
    public PictureSource In(ColourMap? colours) => new(Height, Width, (height, width, take) =>
        Read(width, height, colours, (top, rgb, _) => take(top, rgb)));

    /// <summary>Closes the file; it is not read any more.</summary>
    public void Close() => HeldFiles.Release(held);

    /// <summary>The same file as a picture of another size.</summary>
    public PictureInput At(int width, int height) => new(this) { Width = width, Height = height };

    /// <summary>Statistics of its visible pixels at its size, after a change of colours if there is a map.</summary>
    public ColourStatistics Statistics(ColourSpace space, ColourMap? colours = null)
    {
        var statistics = new ColourStatistics(space);
        Read(Width, Height, colours, (_, rgb, alpha) => statistics.Add(rgb, alpha));
        return statistics;
    }

    PictureInput(PictureInput other)
    {
        (path, options, held, mean) = (other.path, other.options, other.held, other.mean);
        (Alpha, Opacity, IsGray) = (other.Alpha, other.Opacity, other.IsGray);
    }

    void Read(int width, int height, ColourMap? colours, RowSink take)
    {
        string open = $"/proc/self/fd/{held.DangerousGetHandle()}", from = OperatingSystem.IsLinux() && File.Exists(open) ? open : path;
        try
        {
            PictureFile.LoadRows(from, options with { Then = (width, height) }, (top, rgb, alpha) =>
            {
                if (colours is null && Opacity is null)
                {
                    take(top, rgb, alpha);
                    return;
                }
                var changed = rgb.ToArray();
                if (Opacity is not null) SeenPixels.Hide(changed, alpha, mean);
                colours?.Apply(changed, changed);
                take(top, changed, alpha);
            });
        }
        catch (PictureException e) when (from != path)
        {
            throw new PictureException(e.Message.Replace(from, path), e);
        }
        finally
        {
            GC.KeepAlive(held);
        }
    }
}
