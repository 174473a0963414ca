namespace GpuStyle.WeightsLoader;

/// <summary>Arrays whose first index runs fastest (MATLAB, Fortran), turned so that the last one does.</summary>
static class ColumnOrder
{
    /// <summary>One cache line of values.</summary>
    const int Line = 16;

    /// <summary>
    /// <paramref name="columns"/>[i0 + d0 (i1 + d1 (..))] becomes <paramref name="rows"/>[(i0 d1 + i1) d2 + ..]. The last index goes in
    /// steps of a line: as many runs are read onwards at once, and lines are written whole.
    /// </summary>
    public static void ToRows(ReadOnlySpan<float> columns, IReadOnlyList<long> shape, Span<float> rows)
    {
        if (columns.IsEmpty) return;
        int rank = shape.Count, last = (int)shape[^1], others = columns.Length / last;
        var size = new int[rank - 1];
        var stride = new int[rank - 1]; // of each index but the last, in rows
        for (int d = rank - 2, step = last; d >= 0; d--)
        {
            size[d] = (int)shape[d];
            stride[d] = step;
            step *= size[d];
        }
        var index = new int[rank - 1];
        for (int first = 0; first < last; first += Line)
        {
            int count = Math.Min(Line, last - first), at = first;
            for (int other = 0; other < others; other++)
            {
                for (int i = 0; i < count; i++) rows[at + i] = columns[(first + i) * others + other];
                for (int d = 0; d < rank - 1; d++) // the next index, the first fastest
                {
                    at += stride[d];
                    if (++index[d] < size[d]) break;
                    at -= stride[d] * size[d];
                    index[d] = 0;
                }
            }
        }
    }
}
