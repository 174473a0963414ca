using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>How many of a painting's patches a picture has, and how well (StyleEval, "local patterns").</summary>
internal static class LocalPatterns
{
    /// <summary>
    /// Half the mean over the picture's patches of the cosine with the most alike of the painting's, half the share of the painting's
    /// different patches that are the most alike to one.
    /// </summary>
    /// <param name="picture">The picture's patches [1,m,K], which become of length 1.</param>
    /// <param name="painting">The painting's [1,n,K], likewise.</param>
    public static double Score(Tensor picture, Tensor painting)
    {
        var device = picture.Device;
        int count = picture.Shape.Height;
        using var owned = new TensorList(device);
        foreach (var patches in new[] { picture, painting })
            device.Matching.Normalize(patches, owned.Allocate(IMatching.Lengths(patches.Shape.Height)));
        var nearest = owned.Allocate(IMoments.Vector(count));
        device.Matching.Match(picture, painting, nearest, null);
        using var sum = device.AllocateScalars(1);
        device.Matching.Pull(picture, painting, nearest, null, 0, new(sum, 0), owned.Allocate(picture.Shape));
        Span<double> distance = stackalloc double[1];
        sum.Read(distance);
        int used = device.Download(nearest).Distinct().Count();
        return 0.5 * (1 - distance[0] / count) + 0.5 * used / Different(painting);
    }

    /// <summary>Rows that differ: those of a flat part count once, since only the first of them is ever found.</summary>
    static int Different(Tensor rows)
    {
        float[] values = rows.Device.Download(rows);
        int length = rows.Shape.Width;
        var seen = new HashSet<int>(Enumerable.Range(0, rows.Shape.Height), new SameRow(values, length));
        return seen.Count;
    }

    sealed class SameRow(float[] values, int length) : IEqualityComparer<int>
    {
        public bool Equals(int a, int b) => Row(a).SequenceEqual(Row(b));

        public int GetHashCode(int row)
        {
            var hash = new HashCode();
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(Row(row)));
            return hash.ToHashCode();
        }

        ReadOnlySpan<float> Row(int row) => values.AsSpan(row * length, length);
    }
}
