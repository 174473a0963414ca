using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Optimization;

/// <summary>
/// What a run was given, by the SHA-256 of its values in hexadecimal digits: pictures at their final sizes, masks at those of the pictures
/// that they lie on.
/// </summary>
/// <param name="Height">Height of the result.</param>
/// <param name="Width">Width of the result.</param>
/// <param name="Weights">The network's (<see cref="VggWeights.Hash"/>).</param>
/// <param name="Content">The photograph; null without one.</param>
/// <param name="Styles">The paintings.</param>
/// <param name="Init">The picture to start from; null without one.</param>
/// <param name="Guidance">Regions, their weights and masks, and pixels that are kept; null without any.</param>
public sealed record RunInputs(int Height, int Width, string Weights, string? Content, IReadOnlyList<string> Styles, string? Init,
    string? Guidance)
{
    /// <summary>Reads everything once.</summary>
    public static RunInputs Of(VggWeights weights, TransferPictures pictures) => new(pictures.Height, pictures.Width, weights.Hash(),
        Hash(pictures.Content), [.. pictures.Styles.Select(s => Hash(s)!)], Hash(pictures.Init), Hash(pictures.Guidance, pictures));

    /// <summary>The first input that is another one here, for people; null if none is.</summary>
    public string? Difference(RunInputs other)
    {
        if ((Height, Width) != (other.Height, other.Width)) return "the size of the result";
        if (Weights != other.Weights) return "the network's weights";
        if (Content != other.Content) return "the content picture";
        if (!Styles.SequenceEqual(other.Styles)) return "the style pictures";
        if (Init != other.Init) return "the picture to start from";
        return Guidance != other.Guidance ? "the masks or their weights" : null;
    }

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
                for (int c = 0; c < 3; c++)
                    hash.AppendData(MemoryMarshal.AsBytes(values.Slice((c * count + y) * picture.Width, picture.Width)));
                rows[top + y] = hash.GetHashAndReset();
            }
        });
        return Array.Exists(rows, r => r is null)
            ? throw new ArgumentException($"A picture's source gave fewer rows than {picture.Height}.")
            : Convert.ToHexStringLower(SHA256.HashData([.. rows.SelectMany(r => r)]));
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
}
