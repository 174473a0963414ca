using System.Text;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Every way in which a safetensors file can be wrong has its own line.</summary>
public sealed class MalformedSafetensorsTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", "ends too early|not the format's JSON")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} x""", "not the format's JSON|after its closing brace")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},}""", "not the format's JSON")]
    [InlineData("""{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "F32 [3], which does not fit bytes 0 to 8")]
    [InlineData("""{"x":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}""", "F64 [2], which does not fit")]
    [InlineData("""{"x":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", "F4 [3], which does not fit")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "which does not fit bytes 8 to 0")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "leaves a hole before it")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "overlaps another")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "overlaps another")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "has 4 bytes after its last tensor")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "is cut short")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "has the tensor 'x' twice")]
    [InlineData("""{"x":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "has dtype twice")]
    [InlineData("""{"x":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}}""", "overflows")]
    [InlineData("""{"x":{"dtype":"F32","shape":[9223372036854775807],"data_offsets":[0,8]}}""", "overflows")]
    [InlineData("""{"x":{"dtype":"U8","shape":[8],"data_offsets":[9223372036854775799,9223372036854775807]}}""", "overflows")]
    [InlineData("""{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "something else than whole numbers")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "something else than whole numbers")]
    [InlineData("""{"x":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", "something else than whole numbers")]
    [InlineData("""{"x":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}}""", "not the format's JSON|something else than whole numbers")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}""", "more than 2 numbers")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", "lacks its dtype, shape or data_offsets")]
    [InlineData("""{"x":{"dtype":"F32","data_offsets":[0,8]}}""", "lacks its dtype, shape or data_offsets")]
    [InlineData("""{"x":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}""", "unknown type 'F33'")]
    [InlineData("""{"x":{"dtype":32,"shape":[2],"data_offsets":[0,8]}}""", "the dtype of tensor 'x'")]
    [InlineData("""{"x":5}""", "tensor 'x' is not what the format says")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"deep":{"a":[]}}}""", "unknown field 'deep'|not the format's JSON")]
    [InlineData("""{"__metadata__":{"a":1},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "__metadata__ 'a'")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "the key 'a' twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{},"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "__metadata__ twice")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "not valid UTF-8")]
    [InlineData("""{"a\u000ab":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}""", "tensor 'a?b'")]
    public void A_wrong_header_is_refused(string header, string expected)
    {
        string path = folder.AddSafetensors("wrong.safetensors", header, new byte[8]);
        string message = Assert.Throws<WeightsException>(() => SafetensorsFile.Open(path)).Message;
        Assert.Contains(expected.Split('|'), part => message.Contains(part, StringComparison.Ordinal));
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_nest_of_brackets_is_refused()
    {
        string path = folder.AddSafetensors("deep", "{\"x\":" + new string('[', 1_000_000), []);
        Problems.Expect(path, "header", () => SafetensorsFile.Open(path));
    }

    [Fact]
    public void Text_that_is_not_utf8_is_refused()
    {
        byte[] bytes = TemporaryFolder.Safetensors("""{"@":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", new byte[8]);
        bytes[Array.IndexOf(bytes, (byte)'@')] = 0xFF;
        string path = folder.Add("utf8", bytes);
        Problems.Expect(path, "header", () => SafetensorsFile.Open(path));
    }

    [Fact]
    public void A_long_hostile_name_is_shortened_to_one_line()
    {
        string name = string.Concat(Enumerable.Repeat("ab\\n\\u2028", 10_000));
        string path = folder.AddSafetensors("name", $$$"""{"{{{name}}}":{"dtype":"F33","shape":[],"data_offsets":[0,0]}}""", []);
        Problems.Expect(path, "unknown type", () => SafetensorsFile.Open(path));
    }

    [Fact]
    public void Missing_empty_and_cut_files_and_folders_are_told_apart()
    {
        Problems.Expect(folder["none"], "does not exist", () => WeightFile.Load(folder["none"]));
        Problems.Expect(folder["no/folder/none"], "does not exist", () => WeightFile.Load(folder["no/folder/none"]));
        Problems.Expect(folder.Root, "is a folder", () => WeightFile.Load(folder.Root));
        string empty = folder.Add("empty", []);
        Problems.Expect(empty, "is empty", () => WeightFile.Load(empty));
        byte[] whole = TemporaryFolder.Safetensors("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", new byte[8]);
        for (int length = 9; length < whole.Length; length++)
        {
            string cut = folder.Add("cut", whole.AsSpan(0, length));
            Problems.Expect(cut, "is cut short", () => WeightFile.Load(cut));
        }
        for (int length = 1; length < 9; length++)
        {
            string cut = folder.Add("cut", whole.AsSpan(0, length));
            Problems.Expect(cut, "is no weight file of a kind that is read", () => WeightFile.Load(cut));
        }
    }

    [Theory]
    [InlineData("504b0304140000000000", "a zip archive")]
    [InlineData("1f8b0800000000000000", "a gzip archive")]
    [InlineData("80028a0a6cfc9c46f920", "a Python pickle")]
    [InlineData("894844460d0a1a0a00000000", "an HDF5 file")]
    [InlineData("934e554d505901007600", "not a whole NumPy array")]
    [InlineData("89504e470d0a1a0a", "a PNG picture")]
    [InlineData("0011223344556677889900", "is no weight file of a kind that is read")]
    public void Other_containers_are_recognised_by_their_first_bytes(string hex, string expected)
    {
        string path = folder.Add("vgg19.safetensors", Convert.FromHexString(hex));
        Problems.Expect(path, expected, () => WeightFile.Load(path));
    }

    [Theory]
    [InlineData("<!DOCTYPE html><title>404</title>", "a web page")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:00", "a Git LFS pointer")]
    [InlineData("MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB .mat")]
    [InlineData("{\"modelTopology\": {}}", "a JSON text")]
    public void Texts_are_recognised(string text, string expected)
    {
        string path = folder.Add("vgg19.safetensors", Encoding.ASCII.GetBytes(text));
        Problems.Expect(path, expected, () => WeightFile.Load(path));
    }
}
