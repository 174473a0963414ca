namespace GpuStyle.WeightsLoader;

/// <summary>
/// A .npy file: one plain array, which is named <c>array</c>; or an array of one Python object, a pickled dictionary of arrays, which
/// are named by their keys joined by dots (<c>conv1_1.0</c> for the first of a list).
/// </summary>
static class NpyFile
{
    /// <summary>Opens a file that begins as <see cref="NpyHeader.IsNpy"/> asks.</summary>
    public static TensorFile Open(InputFile file)
    {
        var header = NpyHeader.Read(file, "");
        return header.Type == NumpyType.Objects ? OpenPickle(file, header.Start) : new DescribedFile(file, [header.Array("array", file, "")]);
    }

    static DescribedFile OpenPickle(InputFile file, long start)
    {
        var budget = new DescriptionBudget(file.Length);
        object? tree = new PickleReader(new FileCursor(file).At(start), budget, new NumpyPickleTypes()).Read();
        if (tree is PickledArray { Shape: [], Count: 1 } whole) tree = whole[0];
        var tensors = new TensorList(budget);
        foreach (var (name, array) in PickleValue.Leaves<PickledArray>(tree, "array", budget))
        {
            if (array.Numbers is not { } numbers) continue; // objects: what they hold has been found
            tensors.Add(array.Type.Array(name, array.Shape, array.ColumnsFirst, file, numbers.Position, numbers.Length)
                ?? throw TensorList.Misfit(name, array.Shape));
        }
        return new DescribedFile(file, tensors.Entries);
    }
}
