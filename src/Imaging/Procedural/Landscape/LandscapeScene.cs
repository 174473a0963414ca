namespace GpuStyle.Imaging.Procedural;

/// <summary>The landscape, from back to front.</summary>
static class LandscapeScene
{
    /// <summary>Where the lake meets the far shore, in units of the height.</summary>
    public const float Shore = 0.615f;

    /// <summary>Where the sun stands, as a share of the width and in units of the height.</summary>
    public const float SunAcross = 0.43f, SunDown = 0.30f;

    public static Canvas Paint(Canvas canvas)
    {
        Sky.Paint(canvas);
        Mountains.Paint(canvas);
        FarShore.Paint(canvas);
        Lake.Paint(canvas);
        Boat.Paint(canvas);
        Foreground.Paint(canvas);
        return canvas;
    }
}
