using System.IO.Compression;
using System.Text;
using static GpuStyle.Tests.WeightsLoader.Hdf5Samples;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>Files of arrays that speak of very much in few bytes: none costs more memory than the rules allow, none takes long.</summary>
public sealed class ArrayBombTests
{
    static readonly Mat5Samples Mat = new(bigEndian: false);

    [Fact]
    public void Arrays_of_nothing_in_an_archive() => ContainerFuzzing.Run(NpySamples.Zip(CompressionLevel.Optimal,
        [.. Enumerable.Range(0, 5000).Select(i => ($"{i}.npy", NpySamples.Npy("(0,)")))]));

    [Fact]
    public void Weights_of_nothing() => ContainerFuzzing.Run(Encoding.UTF8.GetBytes(
        $$"""{"weightsManifest":[{"paths":[],"weights":[{{string.Join(',', Enumerable.Range(0, 10_000).Select(i => $$"""{"name":"{{i}}","dtype":"bool","shape":[0]}"""))}}]}]}"""));

    [Fact]
    public void Shards_of_nothing() => ContainerFuzzing.Run(Encoding.UTF8.GetBytes(
        $$"""{"weightsManifest":[{"weights":[],"paths":[{{string.Join(',', Enumerable.Repeat("\"\"", 100_000))}}]}]}"""));

    [Fact]
    public void Variables_of_nothing()
    {
        byte[] empty = Mat.Element(Mat5Samples.Matrix, []), one = Mat.Array(7, "", [0, 0], Mat.Element(Mat5Samples.Single, []));
        ContainerFuzzing.Run(Mat.File(Mat.Cells("x", [.. Enumerable.Repeat(empty, 50_000)])));
        ContainerFuzzing.Run(Mat.File(Mat.Cells("x", [.. Enumerable.Repeat(one, 8_000)])));
        ContainerFuzzing.Run(Mat.File([.. Enumerable.Repeat(Mat.Deflated(one), 5_000)]));
        ContainerFuzzing.Run(Mat.File(Mat.Deflated(Mat.Cells("x", [.. Enumerable.Repeat(empty, 500_000)]))));
        ContainerFuzzing.Run(Mat.File(Mat.Array(2, "s", [1 << 30, 1], Mat.Element(5, Mat.Number(1)), Mat.Element(Mat5Samples.Int8, []))));
        ContainerFuzzing.Run(Mat.File(Mat.Array(2, "s", [1, 1], Mat.Element(5, Mat.Number(1)), Mat.Element(Mat5Samples.Int8, new byte[200_000]))));
        ContainerFuzzing.Run(Mat.File(Mat.Array(4, "t", [500_000, 1], Mat.Element(Mat5Samples.UInt8, new byte[500_000]))));
        ContainerFuzzing.Run(Mat.File(Mat.Deflated(Mat.Array(4, "t", [1, 5_000_000], Mat.Element(Mat5Samples.UInt8, new byte[5_000_000])))));
    }

    [Fact]
    public void Arrays_that_share_their_chunks_are_not_unpacked_for_ever()
    {
        var make = new Hdf5Samples();
        byte[] zeros = Deflated(new byte[40_000_000]);
        long tree = make.Add([.. "TREE"u8, 1, 0, 1, 0, .. Long(-1), .. Long(-1), .. Int(zeros.Length), .. Int(0), .. Long(0), .. Long(0), .. Long(make.Add(zeros)), .. new byte[24]]);
        byte[] layout = [3, 2, 2, .. Long(tree), .. Int(10_000_000), .. Int(4)], deflate = [1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
        ContainerFuzzing.Run(make.File(make.Group([.. Enumerable.Range(0, 200).Select(i => ($"{i}", make.Dataset(Float32, [10_000_000], layout, deflate)))])));
        long few = make.Dataset(Float32, [1], layout, deflate); // a chunk far longer than its array
        ContainerFuzzing.Run(make.File(make.Group(("x", few))));
    }

    [Fact]
    public void Cells_that_refer_to_each_other_end()
    {
        var make = new Hdf5Samples(false, Encoding.ASCII.GetBytes("MATLAB 7.3 MAT-file".PadRight(512)));
        long values = make.Add(new byte[8 * 1000]);
        long cell = make.Dataset(Reference, [1000], [3, 1, .. Long(values), .. Long(8000)], null, ("MATLAB_class", "cell"));
        byte[] file = make.File(make.Group(("c", cell)));
        for (int i = 0; i < 1000; i++) Long(cell).CopyTo(file, 512 + values + (8 * i));
        ContainerFuzzing.Run(file);
    }

    [Fact]
    public void Groups_of_nothing()
    {
        foreach (bool modern in new[] { false, true })
        {
            var make = new Hdf5Samples(modern);
            long empty = make.Dataset(Float32, [0], [3, 1, .. Long(-1), .. Long(0)]);
            ContainerFuzzing.Run(make.File(make.Group([.. Enumerable.Range(0, 250).Select(i => ($"g{i}", make.Group([.. Enumerable.Range(0, 200).Select(k => ($"{k}", empty))])))])));
        }
    }
}
