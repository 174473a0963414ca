namespace GpuStyle.Imaging.Sheets;

/// <summary>Text in dots, five wide and eight high, that needs no font on the machine. Characters beyond ASCII are drawn as a question mark.</summary>
static class PixelText
{
    /// <summary>From one character to the next, and from one line to the next, in dots.</summary>
    public const int Advance = 6, Line = 11;

    /// <summary>Space to ~, five columns each, two hexadecimal digits a column, the lowest bit on top.</summary>
    const string Dots =
        "0000000000" + "00005F0000" + "0007000700" + "147F147F14" + "242A7F2A12" + "2313086462" + "3649552250" + "0005030000" + "001C224100" + "0041221C00" +
        "14083E0814" + "08083E0808" + "0050300000" + "0808080808" + "0060600000" + "2010080402" + "3E5149453E" + "00427F4000" + "4261514946" + "2141454B31" +
        "1814127F10" + "2745454539" + "3C4A494930" + "0171090503" + "3649494936" + "064949291E" + "0036360000" + "0056360000" + "0814224100" + "1414141414" +
        "0041221408" + "0201510906" + "324979413E" + "7E1111117E" + "7F49494936" + "3E41414122" + "7F4141221C" + "7F49494941" + "7F09090901" + "3E4149497A" +
        "7F0808087F" + "00417F4100" + "2040413F01" + "7F08142241" + "7F40404040" + "7F020C027F" + "7F0408107F" + "3E4141413E" + "7F09090906" + "3E4151215E" +
        "7F09192946" + "4649494931" + "01017F0101" + "3F4040403F" + "1F2040201F" + "3F4038403F" + "6314081463" + "0708700807" + "6151494543" + "007F414100" +
        "0204081020" + "0041417F00" + "0402010204" + "4040404040" + "0001020400" + "2054545478" + "7F48444438" + "3844444420" + "384444487F" + "3854545418" +
        "087E090102" + "18A4A4A47C" + "7F08040478" + "00447D4000" + "4080847D00" + "7F10284400" + "00417F4000" + "7C04180478" + "7C08040478" + "3844444438" +
        "FC24242418" + "18242428FC" + "7C08040408" + "4854545420" + "043F444020" + "3C4040207C" + "1C2040201C" + "3C4030403C" + "4428102844" + "1CA0A0A07C" +
        "4464544C44" + "0008364100" + "00007F0000" + "0041360800" + "0804081008";

    /// <summary>A text's width in dots.</summary>
    public static int WidthOf(string text) => Math.Max(0, text.Length * Advance - 1);

    /// <summary>Draws one line in one grey level; what lies outside the picture is left out.</summary>
    public static void Draw(Picture picture, string text, int left, int top, int scale, float grey)
    {
        for (int i = 0; i < text.Length; i++)
            for (int column = 0; column < 5; column++)
            {
                int bits = Column(text[i], column);
                for (int row = 0; row < 8; row++)
                    if ((bits >> row & 1) != 0) Fill(picture, left + (i * Advance + column) * scale, top + row * scale, scale, scale, grey);
            }
    }

    /// <summary>Fills a rectangle, as far as it lies in the picture.</summary>
    public static void Fill(Picture picture, int left, int top, int width, int height, float grey)
    {
        int from = Math.Clamp(left, 0, picture.Width), to = Math.Clamp(left + width, from, picture.Width);
        for (int c = 0; c < 3; c++)
            for (int y = Math.Max(0, top); y < Math.Min(picture.Height, top + height); y++)
                picture.Rgb.AsSpan((c * picture.Height + y) * picture.Width + from, to - from).Fill(grey);
    }

    /// <summary>
    /// The text in lines of at most so many characters, broken behind spaces, commas and hyphens where that can be, anywhere else where not; a text of too many
    /// lines ends in two dots.
    /// </summary>
    public static IReadOnlyList<string> Wrap(string text, int characters, int lines)
    {
        characters = Math.Max(characters, 3);
        var wrapped = new List<string>();
        string rest = text.Trim();
        while (rest.Length > characters)
        {
            int cut = rest.AsSpan(0, characters).LastIndexOfAny(" ,-;/") + 1;
            // A space at the very end of a line takes no room.
            if (rest[characters] == ' ') cut = characters;
            if (cut == 0) cut = characters;
            wrapped.Add(rest[..cut].TrimEnd());
            rest = rest[cut..].TrimStart();
        }
        wrapped.Add(rest);
        if (wrapped.Count <= lines) return wrapped;
        string last = wrapped[lines - 1];
        return [.. wrapped.Take(lines - 1), last[..Math.Min(last.Length, characters - 2)] + ".."];
    }

    static int Column(char character, int column)
    {
        int index = character is >= ' ' and <= '~' ? character - ' ' : '?' - ' ';
        return Convert.ToInt32(Dots.Substring(index * 10 + column * 2, 2), 16);
    }
}
