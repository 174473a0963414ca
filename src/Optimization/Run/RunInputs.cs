using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>
/// What a run was given, by the SHA-256 of its values in hexadecimal digits: pictures at their final sizes, masks at those of the pictures they
/// lie on. Two runs with the same inputs and settings do the same.
/// </summary>
/// <param name="Weights">The network's (<see cref="VggWeights.Hash"/>).</param>
/// <param name="Content">The photograph; null without one.</param>
/// <param name="Styles">The paintings.</param>
/// <param name="Init">The picture to start from; null without one.</param>
/// <param name="Guidance">Regions, their weights and masks, and pixels that are kept; null without any.</param>
public sealed record RunInputs(string Weights, string? Content, IReadOnlyList<string> Styles, string? Init, string? Guidance)
{
    /// <summary>Reads everything once.</summary>
    public static RunInputs Of(VggWeights weights, TransferPictures pictures) => new(weights.Hash(), Hash(pictures.Content),
        [.. pictures.Styles.Select(s => Hash(s)!)], Hash(pictures.Init), Hash(pictures.Guidance, pictures));

    /// <summary>The first input that is another one here, for people; null if none is.</summary>
    public string? Difference(RunInputs other) => true switch
    {
        _ when Weights != other.Weights => "the network's weights",
        _ when Content != other.Content => "the content picture",
        _ when !Styles.SequenceEqual(other.Styles) => "the style pictures",
        _ when Init != other.Init => "the picture to start from",
        _ when Guidance != other.Guidance => "the masks or their weights",
        _ => null,
    };

    static string? Hash(PictureSource? picture)
    {
        if (picture is null) return null;
        // Strips may come in any number and, of several, in any order: each row counts at its place.
        var rows = new byte[picture.Height][];
        picture.Read(picture.Height, picture.Width, (top, values) =>
        {
            int count = values.Length / 3 / picture.Width;
            for (int y = 0; y < count; y++)
            {
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                for (int c = 0; c < 3; c++) hash.AppendData(MemoryMarshal.AsBytes(values.Slice((c * count + y) * picture.Width, picture.Width)));
                rows[top + y] = hash.GetHashAndReset();
            }
        });
        return Hex([.. rows.SelectMany(r => r)]);
    }

    static string? Hash(Guidance? guidance, TransferPictures pictures)
    {
        if (guidance is null) return null;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(guidance.Kept, pictures.Height, pictures.Width);
        foreach (var region in guidance.Regions)
        {
            hash.AppendData(BitConverter.GetBytes(region.Weight));
            Add(region.Where, pictures.Height, pictures.Width);
            foreach (var style in region.Styles)
            {
                hash.AppendData(BitConverter.GetBytes(style.Style));
                hash.AppendData(BitConverter.GetBytes(style.Weight));
                Add(style.Mask, pictures.Styles[style.Style].Height, pictures.Styles[style.Style].Width);
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Add(MaskSource? mask, int height, int width)
        {
            hash.AppendData([mask is null ? (byte)0 : (byte)1]);
            if (mask is not null) hash.AppendData(MemoryMarshal.AsBytes<float>(mask.AtSize(height, width)));
        }
    }

    static string Hex(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
