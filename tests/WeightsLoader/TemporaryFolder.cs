using System.Buffers.Binary;
using System.Text;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>A folder that goes with the test.</summary>
sealed class TemporaryFolder : IDisposable
{
    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("gpustyle-weights-");

    public string Root => folder.FullName;

    public string this[string name] => Path.Combine(Root, name);

    /// <summary>Writes a file and gives its path.</summary>
    public string Add(string name, ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    /// <summary>Writes a safetensors file from its header's text and its data.</summary>
    public string AddSafetensors(string name, string header, ReadOnlySpan<byte> data) => Add(name, Safetensors(header, data));

    /// <summary>The bytes of a safetensors file with that header, right or wrong.</summary>
    public static byte[] Safetensors(string header, ReadOnlySpan<byte> data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return [.. length, .. json, .. data];
    }

    public void Dispose() => folder.Delete(recursive: true);
}
