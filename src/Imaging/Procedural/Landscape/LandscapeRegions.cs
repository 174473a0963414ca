namespace GpuStyle.Imaging.Procedural;

/// <summary>Where the landscape's parts are, a colour each: sky and mountains red, the shore with the house black, the water with its bank blue.</summary>
static class LandscapeRegions
{
    const float Shore = 0.47f;

    static readonly Colour Above = Colour.Of("ff0000"), Land = Colour.Of("000000"), Water = Colour.Of("0000ff");

    public static Canvas Paint(Canvas canvas)
    {
        canvas.ForEach((column, row, _, y) => canvas[column, row] = y < Shore ? Above : y < LandscapeScene.Shore ? Land : Water);
        return canvas;
    }
}
