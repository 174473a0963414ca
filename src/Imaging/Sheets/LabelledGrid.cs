using GpuStyle.Imaging.Sheets;

namespace GpuStyle.Imaging;

/// <summary>What runs along one side of a sheet: a title, and a label for each row or column.</summary>
public sealed record SheetAxis(string Title, IReadOnlyList<string> Labels);

/// <summary>Pictures in rows and columns, with what they stand for written beside them.</summary>
public static class LabelledGrid
{
    const float Paper = 255, Empty = 232, Ink = 0, Faint = 90;

    /// <summary>
    /// Lays pictures out row by row on white, each in the middle of a cell that holds the largest; null leaves a grey cell. Labels are wrapped to their cells and
    /// drawn without any font of the machine's.
    /// </summary>
    /// <param name="cells">As many as rows times columns.</param>
    /// <param name="rows">Down the left side; null: one row without a label.</param>
    /// <param name="columns">Along the top.</param>
    /// <exception cref="ArgumentException">The counts do not agree, or there is no picture at all.</exception>
    public static Picture Compose(IReadOnlyList<Picture?> cells, SheetAxis? rows, SheetAxis columns)
    {
        int down = rows?.Labels.Count ?? 1, across = columns.Labels.Count;
        if (cells.Count != down * across || cells.All(c => c is null)) throw new ArgumentException($"{cells.Count} pictures, at least one of them there, are wanted as {down} rows of {across}");
        int width = cells.Max(c => c?.Width ?? 0), height = cells.Max(c => c?.Height ?? 0);
        var (scale, line, gap, left, top, tops, sides, corner, total, tall) = Plan(width, height, rows, columns);
        var sheet = new Picture(total, tall, new float[3L * total * tall]);
        Array.Fill(sheet.Rgb, Paper);

        Centred(columns.Title, left + (across * (width + gap) - gap) / 2, gap, Faint);
        for (int i = 0; i < corner.Count; i++) PixelText.Draw(sheet, corner[i], gap, top - (corner.Count - i) * line, scale, Faint);
        for (int x = 0; x < across; x++)
            for (int i = 0; i < tops[x].Count; i++) Centred(tops[x][i], left + x * (width + gap) + width / 2, top - (tops[x].Count - i) * line, Ink);
        for (int y = 0; y < sides.Count; y++)
            for (int i = 0; i < sides[y].Count; i++)
                PixelText.Draw(sheet, sides[y][i], left - gap - PixelText.WidthOf(sides[y][i]) * scale, top + y * (height + gap) + (height - sides[y].Count * line) / 2 + i * line, scale, Ink);
        for (int i = 0; i < cells.Count; i++)
        {
            int x = left + i % across * (width + gap), y = top + i / across * (height + gap);
            if (cells[i] is { } picture) Put(sheet, picture, x + (width - picture.Width) / 2, y + (height - picture.Height) / 2);
            else PixelText.Fill(sheet, x, y, width, height, Empty);
        }
        return sheet;

        void Centred(string text, int middle, int y, float grey) => PixelText.Draw(sheet, text, Math.Max(gap, middle - PixelText.WidthOf(text) * scale / 2), y, scale, grey);
    }

    /// <summary>The size of a sheet whose largest picture is so large.</summary>
    public static (int Width, int Height) SizeOf(int width, int height, SheetAxis? rows, SheetAxis columns)
    {
        var plan = Plan(width, height, rows, columns);
        return (plan.Width, plan.Height);
    }

    static Layout Plan(int width, int height, SheetAxis? rows, SheetAxis columns)
    {
        int scale = Math.Clamp(width / 64, 1, 4), line = PixelText.Line * scale, gap = 4 * scale, characters = (width + scale) / (PixelText.Advance * scale);
        var tops = columns.Labels.Select(l => PixelText.Wrap(l, characters, 3)).ToList();
        var sides = (rows?.Labels ?? []).Select(l => PixelText.Wrap(l, characters, Math.Max(1, height / line))).ToList();
        var corner = rows is null ? [] : PixelText.Wrap(rows.Title, characters, 3);
        int left = gap + (rows is null ? 0 : sides.Append(corner).SelectMany(l => l).Max(PixelText.WidthOf) * scale + gap);
        int header = Math.Max(1 + tops.Max(t => t.Count), corner.Count), top = gap + header * line;
        int total = Math.Max(left + columns.Labels.Count * (width + gap), left + PixelText.WidthOf(columns.Title) * scale + gap);
        return new(scale, line, gap, left, top, tops, sides, corner, total, top + (rows?.Labels.Count ?? 1) * (height + gap));
    }

    /// <summary>Where everything is: the letters' scale, a line's height and the gap between cells, the first cell's corner, labels in lines, the sheet's size.</summary>
    readonly record struct Layout(int Scale, int Line, int Gap, int Left, int Top, List<IReadOnlyList<string>> Tops, List<IReadOnlyList<string>> Sides, IReadOnlyList<string> Corner, int Width, int Height);

    static void Put(Picture sheet, Picture picture, int left, int top)
    {
        picture.CheckShape();
        for (int c = 0; c < 3; c++)
            for (int y = 0; y < picture.Height; y++)
                picture.Rgb.AsSpan(c * picture.Pixels + y * picture.Width, picture.Width).CopyTo(sheet.Rgb.AsSpan((c * sheet.Height + top + y) * sheet.Width + left));
    }
}
