using System.Runtime.InteropServices;
using System.Text;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>TensorFlow.js layers models: shards, quantised weights, and what is refused.</summary>
public sealed class TensorflowJsTests : IDisposable
{
    const string Weights = """{"name": "a/kernel", "shape": [2, 3], "dtype": "float32"}, {"name": "a/bias", "shape": [], "dtype": "float32"}""";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Weights_run_across_shards()
    {
        byte[] bytes = MemoryMarshal.AsBytes<float>([1, 2, 3, 4, 5, -6.5f, 7]).ToArray();
        folder.Add("s1", bytes.AsSpan(0, 5));
        folder.Add("s2", bytes.AsSpan(5, 1));
        folder.Add("s3", bytes.AsSpan(6));
        using var file = TensorFiles.Open(Model(Weights, "s1", "s2", "s3"));
        Assert.Equal(["a/kernel", "a/bias"], file.Tensors.Select(t => t.Name));
        Assert.Equal([2L, 3], file.Tensors[0].Shape);
        Assert.Equal([1, 2, 3, 4, 5, -6.5f], file.ReadFloat32("a/kernel"));
        Assert.Equal([7f], file.ReadFloat32("a/bias"));
        Assert.Equal(new[] { "model.json", "s1", "s2", "s3" }.Select(name => folder[name]), WeightFile.Files(file.Path));
    }

    [Fact]
    public void Groups_each_have_their_shards()
    {
        folder.Add("s1", MemoryMarshal.AsBytes<float>([1]));
        folder.Add("s2", MemoryMarshal.AsBytes<float>([2]));
        using var file = TensorFiles.Open(Text("""
            {"weightsManifest": [{"paths": ["s1"], "weights": [{"name": "a", "shape": [1], "dtype": "float32"}]},
            {"weights": [{"name": "b", "shape": [1], "dtype": "float32", "more": {"x": [1]} }], "paths": ["s2"]}], "modelTopology": {"x": [[[{}]]]} }
            """));
        Assert.Equal([1f], file.ReadFloat32("a"));
        Assert.Equal([2f], file.ReadFloat32("b"));
    }

    [Fact]
    public void Quantised_weights_are_widened()
    {
        folder.Add("s", [0, 128, 255, 255, 255, 0x00, 0x3E, 0, 1]);
        using var file = TensorFiles.Open(Model("""
            {"name": "u8", "shape": [3], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 0.1, "min": -12.75, "original_dtype": "float32"}},
            {"name": "u16", "shape": [1], "dtype": "float32", "quantization": {"dtype": "uint16", "scale": 1e-3, "min": 1}},
            {"name": "f16", "shape": [1], "dtype": "float32", "quantization": {"dtype": "float16"}},
            {"name": "flags", "shape": [2], "dtype": "bool"}
            """, "s"));
        Assert.Equal(["affine U8", "affine U16", "F16", "BOOL"], file.Tensors.Select(t => t.Type));
        Assert.Equal([-12.75f, (float)(128 * 0.1 - 12.75), (float)(255 * 0.1 - 12.75)], file.ReadFloat32("u8"));
        Assert.Equal([(float)(65535 * 1e-3 + 1)], file.ReadFloat32("u16"));
        Assert.Equal([1.5f], file.ReadFloat32("f16"));
        Assert.False(file.Find("flags")!.IsReadable);
    }

    [Fact]
    public void Models_that_do_not_fit_their_shards_are_refused()
    {
        folder.Add("s", new byte[28]);
        folder.Add("short", new byte[27]);
        folder.Add("long", new byte[29]);
        TensorFiles.Open(Model(Weights, "s")).Dispose();
        Refused("is cut short", Model(Weights, "short"));
        Refused("shards of 29 bytes where its weights have 28", Model(Weights, "long"));
        Refused("'none', which cannot be used (does not exist", Model(Weights, "none"));
        Refused("no file of its folder", Model(Weights, "../s"));
        Refused("no file of its folder", Model(Weights, "a/../../s"));
        Refused("no file of its folder", Model(Weights, Path.GetFullPath(folder["s"])));
        Refused("twice", Model("""{"name": "a", "shape": [], "dtype": "float32"}, {"name": "a", "shape": [], "dtype": "float32"}""", "s"));
        Refused("more than 500 shards", Model(Weights, [.. Enumerable.Repeat("s", 501)]));
    }

    [Theory]
    [InlineData("""{"name": "a", "shape": [-1], "dtype": "float32"}""", "malformed weightsManifest")]
    [InlineData("""{"name": "a", "shape": [1.5], "dtype": "float32"}""", "malformed weightsManifest")]
    [InlineData("""{"shape": [1], "dtype": "float32"}""", "malformed weightsManifest")]
    [InlineData("""{"name": "a", "shape": [4294967296, 4294967296], "dtype": "float32"}""", "is cut short")]
    [InlineData("""{"name": "a", "shape": [1], "dtype": "string"}""", "of type 'string'")]
    [InlineData("""{"name": "a", "shape": [1], "dtype": "float32", "quantization": {"dtype": "uint4"}}""", "quantised as 'uint4'")]
    [InlineData("""{"name": "a", "shape": [1], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 1e999}}""", "malformed weightsManifest")]
    public void Weights_that_cannot_be_are_refused(string weights, string expected)
    {
        folder.Add("s", new byte[4]);
        Refused(expected, Model(weights, "s"));
    }

    [Theory]
    [InlineData("""{"weightsManifest": [""", "malformed weightsManifest|not whole JSON")]
    [InlineData("""{"weightsManifest": []} x""", "not whole JSON")]
    [InlineData("""{"weightsManifest": [], "weightsManifest": []}""", "malformed weightsManifest")]
    [InlineData("""{"modelTopology": {}}""", "a JSON text without the weightsManifest")]
    [InlineData("""{"weightsManifest": 5}""", "malformed weightsManifest")]
    public void Texts_that_are_no_model_are_refused(string text, string expected)
    {
        string message = Assert.Throws<WeightsException>(() => TensorFiles.Open(Text(text))).Message;
        Assert.Contains(expected.Split('|'), part => message.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public void Damaged_models_and_shards_are_read_or_refused()
    {
        using var fuzzing = new ContainerFuzzing();
        float[] values = VggTensorSamples.Pattern("k", 64 * 27);
        fuzzing.Folder.Add("s1", MemoryMarshal.AsBytes<float>(values));
        fuzzing.Folder.Add("s2", new byte[64]);
        byte[] model = Encoding.UTF8.GetBytes("""
            {"format": "layers-model", "modelTopology": {"layers": [{"name": "x", "config": [1, 2.5, null, true]}]}, "weightsManifest": [
            {"paths": ["s1", "s2"], "weights": [{"name": "conv1_1.weight", "shape": [64, 3, 3, 3], "dtype": "float32"},
            {"name": "conv1_1.bias", "shape": [64], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 0.01, "min": -1.5, "original_dtype": "float32"}}]}]}
            """);
        fuzzing.Damage([new(model)], 2000, "model.json");
        fuzzing.Folder.Add("model.json", model);
        fuzzing.Damage([new(MemoryMarshal.AsBytes<float>(values).ToArray())], 300, "s1", "model.json");
    }

    string Model(string weights, params string[] shards) =>
        Text($$"""{"format": "layers-model", "weightsManifest": [{"paths": [{{string.Join(", ", shards.Select(s => $"\"{s}\""))}}], "weights": [{{weights}}]}]}""");

    string Text(string text) => folder.Add("model.json", Encoding.UTF8.GetBytes(text));

    static void Refused(string expected, string path) => Problems.Expect(path, expected, () => TensorFiles.Open(path));
}
