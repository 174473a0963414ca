using System.Net;
using System.Text;
using NetVips;

namespace GpuStyle.Imaging;

/// <summary>The settings that travel inside a picture file: a PNG text chunk with the keyword "gpustyle", or an XMP property.</summary>
static class SettingsText
{
    /// <summary>What surely fits a JPEG segment (64 KB) with the packet around it and its characters escaped, one in ten.</summary>
    public const int MaxBytes = 50_000;

    const string Keyword = "gpustyle", Open = "<gpustyle:settings>", Close = "</gpustyle:settings>", XmpField = "xmp-data";

    /// <summary>The image with the text attached in the way that suits the format.</summary>
    public static Image Attach(Image image, string text, PictureFormat format) => image.Mutate(m =>
    {
        if (format.Name == "PNG") m.Set(GValue.GStrType, $"png-comment-0-{Keyword}", text);
        else m.Set(GValue.BlobType, XmpField, Encoding.UTF8.GetBytes(Packet(text)));
    });

    /// <summary>The text that was attached, or null.</summary>
    public static string? Find(Image image)
    {
        var field = Array.Find(image.GetFields(), f => f.StartsWith("png-comment-", StringComparison.Ordinal) && f.EndsWith($"-{Keyword}", StringComparison.Ordinal));
        if (field is not null) return (string)image.Get(field);
        if (!image.Contains(XmpField)) return null;
        string packet = Encoding.UTF8.GetString((byte[])image.Get(XmpField));
        int start = packet.IndexOf(Open, StringComparison.Ordinal), end = packet.IndexOf(Close, StringComparison.Ordinal);
        return start < 0 || end < start ? null : WebUtility.HtmlDecode(packet[(start + Open.Length)..end]);
    }

    // Only & and < need escaping between tags; quotes, which JSON is full of, do not.
    static string Packet(string text) =>
        "<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">" +
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" xmlns:gpustyle=\"urn:gpustyle:\">" +
        Open + text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;") + Close +
        "</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end=\"w\"?>";
}
