using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Files written by PyTorch, by protobuf with Caffe's messages and by ONNX's own package: the real network comes back bit for bit.</summary>
[Trait("Needs", "real files")]
[Trait("Takes", "long")]
public sealed class OriginalFilesTests : IDisposable
{
    const string Script = "make_torch_files.py", Real = "weights/vgg19-caffe.safetensors";

    static readonly float[] Values = [.. Enumerable.Range(0, 24).Select(i => (float)((i / 7.0) - 1))];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void PyTorch_s_files_of_the_real_network()
    {
        string real = SharedFiles.Require(Real);
        OriginalTools.Run(Script, "torch, numpy", "torch", folder.Root, real);
        OriginalTools.ExpectSame(real, folder["vgg19.zip.pth"]);
        OriginalTools.ExpectSame(real, folder["vgg19.legacy.pth"]);
    }

    [Fact]
    public void Protobuf_s_caffemodels_of_the_real_network()
    {
        string real = SharedFiles.Require(Real);
        OriginalTools.Run(Script, "google.protobuf, numpy", "caffe", folder.Root, real);
        OriginalTools.ExpectSame(real, folder["v1.caffemodel"]);
        OriginalTools.ExpectSame(real, folder["new.caffemodel"]);
        Check(real, "double.caffemodel", name => name, value => value);
    }

    [Fact]
    public void ONNX_s_files_of_the_real_network()
    {
        string real = SharedFiles.Require(Real);
        OriginalTools.Run(Script, "onnx, numpy", "onnx", folder.Root, real);
        OriginalTools.ExpectSame(real, folder["raw.onnx"]);
        OriginalTools.ExpectSame(real, folder["external.onnx"]);
        Check(real, "floats.onnx", name => name, value => value);
        Check(real, "doubles.onnx", name => name, value => value);
        Check(real, "halves.onnx", name => name, value => (float)(Half)value);
        Check(real, "halves.onnx", name => $"{name}.raw", value => (float)(Half)value);
        File.Delete(folder["external.data"]);
        Problems.Expect(folder["external.onnx"], "keeps values in 'external.data', which is not there: put that file beside it",
            () => TensorFiles.Open(folder["external.onnx"]));
    }

    /// <summary>A file of the real network's small tensors.</summary>
    void Check(string real, string file, Func<string, string> name, Func<float, float> value)
    {
        using var sound = SafetensorsFile.Open(real);
        using var other = TensorFiles.Open(folder[file]);
        foreach (var tensor in sound.Tensors.Where(t => t.Elements < 100_000))
            Assert.True(sound.ReadFloat32(tensor.Name).Select(value).SequenceEqual(other.ReadFloat32(name(tensor.Name))), $"{file}: {tensor.Name}");
    }

    [Theory]
    [InlineData("zip")]
    [InlineData("legacy")]
    public void PyTorch_s_types_views_and_checkpoints(string kind)
    {
        OriginalTools.Run(Script, "torch, numpy", "torch", folder.Root);
        using (var file = TensorFiles.Open(folder[$"types.{kind}.pth"]))
        {
            Assert.Equal(["F16", "BF16", "F32", "F64", "I64", "BOOL"], file.Tensors.Select(t => t.Type));
            Assert.Equal(Values.Select(v => (float)(Half)v), file.ReadFloat32("f16"));
            Assert.All(file.ReadFloat32("bf16").Zip(Values), pair => Assert.Equal(pair.Second, pair.First, 0.01f));
            Assert.Equal(Values, file.ReadFloat32("f32"));
            Assert.Equal(Values, file.ReadFloat32("f64"));
        }
        using (var file = TensorFiles.Open(folder[$"views.{kind}.pth"]))
        {
            Assert.Equal([4L, 2, 3], file.Find("turned")!.Shape);
            Assert.Equal(Enumerable.Range(0, 4).SelectMany(k => Enumerable.Range(0, 6).Select(ij => Values[(ij * 4) + k])), file.ReadFloat32("turned"));
            Assert.Equal(new[] { 4, 6, 8, 10, 16, 18, 20, 22 }.Select(i => Values[i]), file.ReadFloat32("part"));
            Assert.Equal(Values[20..], file.ReadFloat32("row"));
            Assert.Empty(file.ReadFloat32("none"));
            Assert.Equal([5f], file.ReadFloat32("one"));
            Assert.Equal(Values[12..], file.ReadFloat32("shared.1"));
        }
        using (var file = TensorFiles.Open(folder[$"checkpoint.{kind}.pth"]))
        {
            Assert.Equal([4L, 3, 3, 3], file.Find("state_dict.0.weight")!.Shape);
            Assert.Equal([3f, 3f], file.ReadFloat32("state_dict.2.0.bias").Select(v => MathF.Round(v)));
            Assert.Equal("I64", file.Find("state_dict.2.1.num_batches_tracked")!.Type);
            Assert.NotNull(file.Find("optimizer.state.0.momentum_buffer"));
        }
        using (var file = TensorFiles.Open(folder[$"parameters.{kind}.pth"])) Assert.Equal([1f, 1, 1, 1], file.ReadFloat32("0.bias"));
        using (var file = TensorFiles.Open(folder[$"tensor.{kind}.pth"])) Assert.Equal(Values, file.ReadFloat32("tensor"));
        using (var file = TensorFiles.Open(folder[$"protocol4.{kind}.pth"])) Assert.Equal([1f, 1, 1, 1], file.ReadFloat32("0.bias").Select(v => MathF.Round(v)));
        Problems.Expect(folder[$"module.{kind}.pth"], "asks for 'torch.nn.modules.container.Sequential'", () => TensorFiles.Open(folder[$"module.{kind}.pth"]));
    }
}
