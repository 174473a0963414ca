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
        int count = picture.Shape.Height, length = picture.Shape.Width;
        int[] nearest;
        using (var owned = new TensorList(device))
        {
            foreach (var patches in new[] { picture, painting })
                device.Matching.Normalize(patches, owned.Allocate(IMatching.Lengths(patches.Shape.Height)));
            var numbers = owned.Allocate(IMoments.Vector(count));
            device.Matching.Match(picture, painting, numbers, null);
            nearest = Array.ConvertAll(device.Download(numbers), n => (int)n);
        }
        float[] own = device.Download(picture), others = device.Download(painting);
        double cosines = 0;
        for (int p = 0; p < count; p++)
        {
            ReadOnlySpan<float> x = own.AsSpan(p * length, length), y = others.AsSpan(nearest[p] * length, length);
            for (int i = 0; i < length; i++) cosines += x[i] * (double)y[i];
        }
        // Of rows that are equal, those of a flat part, only the first is ever found: they count once.
        int different = new HashSet<int>(Enumerable.Range(0, painting.Shape.Height), new SameRow(others, length)).Count;
        return 0.5 * cosines / count + 0.5 * nearest.Distinct().Count() / different;
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
