using System.Globalization;

namespace GpuStyle.WeightsLoader;

/// <summary>
/// A Torch7 .t7 file: an nn network, or tables with tensors in them. A tensor is named by the fields that lead to it, joined by dots; numbers
/// count from 0 and the field <c>modules</c> is left out, so that names are as in PyTorch: <c>0.weight</c>, <c>1.0.bias</c>.
/// </summary>
static class Torch7File
{
    const int DeepestNesting = 100;

    /// <summary>
    /// Whether a file begins with a torch object (its kind 4, its number 1, its version) or with a table (its kind 3, its number 1, its size, and a
    /// key that is a number or a text).
    /// </summary>
    public static bool IsTorch7(ReadOnlySpan<byte> start) =>
        start is [4, 0, 0, 0, 1, 0, 0, 0, < 0x40, 0, 0, 0, (byte)'V' or (byte)'t' or (byte)'n' or (byte)'c', ..]
            or [3, 0, 0, 0, 1, 0, 0, 0, _, _, 0, 0, 1 or 2, 0, 0, 0, ..];

    public static TensorFile Open(InputFile file)
    {
        var budget = new DescriptionBudget(file.Length);
        var tensors = new TensorList(budget);
        var visited = new HashSet<object>(ReferenceEqualityComparer.Instance);
        Walk(new Torch7Reader(new FileCursor(file), budget).Read(), "", 0);
        return new DescribedFile(file, tensors.Entries);

        void Walk(object? value, string name, int depth)
        {
            if (value is LuaTensor bare) Add(name.Length == 0 ? "tensor" : name, bare);
            if (((value as LuaObject)?.Fields ?? value) is not LuaTable table) return;
            budget.Take(64);
            if (!visited.Add(table)) return;
            if (depth == DeepestNesting) throw new FormatException($"nests its tensors deeper than {DeepestNesting} tables: it is damaged; get it again");
            var kernel = Kernel(table);
            foreach (var (key, item) in table.Pairs)
            {
                string? step = key is double number ? (number - 1).ToString(CultureInfo.InvariantCulture) : key as string;
                if (step is null || item is not (LuaObject or LuaTable or LuaTensor)) continue;
                budget.Take(64 + (2 * (name.Length + step.Length)));
                string path = step == "modules" ? name : name.Length == 0 ? step : $"{name}.{step}";
                Walk(step == "weight" && kernel is not null && item is LuaTensor flat ? Unfold(flat, kernel) : item, path, depth + 1);
            }
        }

        void Add(string name, LuaTensor tensor)
        {
            if (tensor.Storage is not { } storage || tensor.Shape.Length == 0) return; // a tensor without values
            tensors.Add(StridedTensor.Describe(name, tensor.Type, tensor.Shape, tensor.Strides, storage.Position, storage.Count, tensor.Offset));
        }
    }

    /// <summary>A convolution's input planes and kernel size, where a table has them.</summary>
    static long[]? Kernel(LuaTable module)
    {
        return Size("nInputPlane") is { } inputs && Size("kH") is { } height && Size("kW") is { } width ? [inputs, height, width] : null;

        long? Size(string field) => module[field] is double and >= 1 and <= 65536 and var size ? (long)size : null;
    }

    /// <summary>nn.SpatialConvolutionMM keeps its kernels as the rows of a matrix.</summary>
    static LuaTensor Unfold(LuaTensor tensor, long[] kernel)
    {
        long row = kernel[0] * kernel[1] * kernel[2];
        return tensor.Shape is [var outputs, var length] && length == row && tensor.Strides is [_, 1]
            ? tensor with { Shape = [outputs, .. kernel], Strides = [tensor.Strides[0], kernel[1] * kernel[2], kernel[2], 1] }
            : tensor;
    }
}
