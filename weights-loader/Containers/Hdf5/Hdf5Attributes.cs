using System.Text;

namespace GpuStyle.WeightsLoader;

/// <summary>The attributes in an object header (section IV.A.2.m); those that are stored densely are not read.</summary>
static class Hdf5Attributes
{
    /// <summary>The bytes of the attribute of that name, or null.</summary>
    public static Hdf5Bytes? Find(Hdf5ObjectHeader header, string name)
    {
        foreach (var message in header.All(Hdf5MessageKind.Attribute))
        {
            int version = message.One();
            if (version is < 1 or > 3) throw Hdf5Bytes.Malformed("attribute");
            message.Skip(1);
            int nameSize = message.Two(), typeSize = message.Two(), shapeSize = message.Two();
            message.Skip(version == 3 ? 1 : 0);
            string found = message.Part(Padded(nameSize)).TextAt(0);
            message.Skip(Padded(typeSize) + Padded(shapeSize));
            if (found == name) return message;

            int Padded(int size) => version == 1 ? (size + 7) & ~7 : size;
        }
        return null;
    }

    /// <summary>The text of an attribute of fixed length, or null.</summary>
    public static string? Text(Hdf5ObjectHeader header, string name) =>
        Find(header, name) is { } value ? Encoding.UTF8.GetString(value.Take(Math.Min(64, value.Left))).TrimEnd('\0', ' ') : null;
}
