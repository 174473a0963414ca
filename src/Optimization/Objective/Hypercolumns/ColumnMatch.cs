using GpuStyle.Kernels;

namespace GpuStyle.Optimization;

/// <summary>Finds the neighbors of hypercolumns: what is alike is alike when the mean of each side is taken away.</summary>
internal static class ColumnMatch
{
    /// <summary>Rows that NNST's program looks up together, where there are as many others at most; fewer where there are more.</summary>
    const int Together = 16384;

    /// <summary>How many rows NNST's program looks up together among so many others, and so takes a mean of.</summary>
    public static int Chunk(int others) => Math.Max(1, Together / Math.Max(1, others / Together));

    /// <summary>
    /// For some rows of a matrix the numbers of their nearest neighbors, the rows of another one with the greatest cosine:
    /// <code>
    /// k_p = argmax over q of cos(x_p - u, y_q - v)      u the mean of x_p's chunk of rows, v that of all y
    /// </code>
    /// </summary>
    /// <param name="rows">x [1,m,N].</param>
    /// <param name="first">The first row to look at.</param>
    /// <param name="count">How many.</param>
    /// <param name="others">y [1,n,N]; its mean is lost.</param>
    /// <param name="chunk">Rows that have a mean together.</param>
    public static int[] Find(Tensor rows, int first, int count, Tensor others, int chunk)
    {
        var device = rows.Device;
        int length = rows.Shape.Width;
        using (var lengths = device.Allocate(IMatching.Lengths(others.Shape.Height))) device.Matching.Center(others, lengths);
        var found = new int[count];
        for (int from = 0; from < count; from += chunk)
        {
            int here = Math.Min(chunk, count - from);
            using var part = device.Allocate(IMatching.Samples(here, length));
            using var lengths = device.Allocate(IMatching.Lengths(here));
            using var nearest = device.Allocate(IMoments.Vector(here));
            device.Vectors.CopyPart(rows, new(first + from, 0, here, length), part);
            device.Matching.Center(part, lengths);
            device.Matching.Match(part, others, nearest, null);
            float[] numbers = device.Download(nearest);
            for (int p = 0; p < here; p++) found[from + p] = (int)numbers[p];
        }
        return found;
    }
}
