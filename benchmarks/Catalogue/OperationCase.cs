using GpuStyle.Kernels;

namespace GpuStyle.Benchmarks;

/// <summary>
/// One operation on one shape: what to run, how exact it must be, and what it costs. Tests run it on every device against the
/// float64 reference; benchmarks time the same case.
/// </summary>
/// <param name="Name">Family, operation and shape, e.g. <c>Convolution.Forward 3x17x33 to 64</c>.</param>
/// <param name="Tolerance">Largest allowed error of any output value, as a share of the output's largest magnitude.</param>
/// <param name="Flops">Floating-point operations of the textbook formula.</param>
/// <param name="Bytes">Bytes that must be read and written at least once, in float32.</param>
/// <param name="Prepare">Makes the tensors on a device and returns the operation, ready to be run.</param>
public sealed record OperationCase(string Name, double Tolerance, double Flops, double Bytes, Func<CaseTensors, Action> Prepare)
{
    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>
/// The tensors of a case on one device, with values that depend only on their name and shape: the same on every device.
/// </summary>
public sealed class CaseTensors(Device device) : IDisposable
{
    readonly Dictionary<string, Tensor> inputs = [], outputs = [];
    readonly Dictionary<string, Scalars> sums = [];
    readonly List<IDisposable> owned = [];

    /// <summary>The device of all tensors.</summary>
    public Device Device { get; } = device;

    /// <summary>Tensors that the operation only reads.</summary>
    public IReadOnlyDictionary<string, Tensor> Inputs => inputs;

    /// <summary>Tensors that the operation writes.</summary>
    public IReadOnlyDictionary<string, Tensor> Outputs => outputs;

    /// <summary>Sums that the operation adds to.</summary>
    public IReadOnlyDictionary<string, Scalars> Sums => sums;

    /// <summary>A tensor to read: values in -1..1, or like a ReLU's output (half of them 0) if <paramref name="relu"/>.</summary>
    public Tensor Input(string name, Shape shape, bool relu = false) => inputs[name] = Own(Device.Allocate(shape, Values(name, shape.Count, relu)));

    /// <summary>A symmetric matrix to read.</summary>
    public Tensor SymmetricInput(string name, int order)
    {
        var values = Values(name, (long)order * order, relu: false);
        for (int i = 0; i < order; i++)
            for (int j = 0; j < i; j++) values[i * order + j] = values[j * order + i];
        return inputs[name] = Own(Device.Allocate(Shape.Matrix(order), values));
    }

    /// <summary>
    /// A symmetric matrix to read whose eigenvalues lie between 1 and about 5: random numbers, whose own lie within 2 of 0 by the semicircle law, plus 3.
    /// </summary>
    public Tensor PositiveInput(string name, int order)
    {
        var values = Values(name, (long)order * order, relu: false);
        // Uniform numbers have a variance of 1/3.
        double scale = Math.Sqrt(3.0 / order);
        for (int i = 0; i < order; i++)
            for (int j = 0; j <= i; j++) values[i * order + j] = values[j * order + i] = (float)(scale * values[j * order + i]) + (i == j ? 3 : 0);
        return inputs[name] = Own(Device.Allocate(Shape.Matrix(order), values));
    }

    /// <summary>A list of numbers to read, from 0 to below <paramref name="end"/>, several of them the same.</summary>
    public Tensor Numbers(string name, int count, int end) =>
        inputs[name] = Own(Device.Allocate(IMoments.Vector(count), [.. Enumerable.Range(0, count).Select(i => (float)(i * i % end))]));

    /// <summary>A tensor that must be overwritten whole: it starts as NaN.</summary>
    public Tensor Output(string name, Shape shape)
    {
        var values = new float[shape.Count];
        Array.Fill(values, float.NaN);
        return outputs[name] = Own(Device.Allocate(shape, values));
    }

    /// <summary>A tensor that is read and written.</summary>
    public Tensor InOut(string name, Shape shape, bool relu = false) => outputs[name] = Own(Device.Allocate(shape, Values(name, shape.Count, relu)));

    /// <summary>Sums, starting at zero.</summary>
    public Scalars Sum(string name, int count) => sums[name] = Own(Device.AllocateScalars(count));

    /// <summary>Keeps something to be disposed of with the case.</summary>
    public T Own<T>(T item) where T : IDisposable
    {
        owned.Add(item);
        return item;
    }

    /// <summary>The values a tensor of this name starts with.</summary>
    public static float[] Values(string name, long count, bool relu)
    {
        uint seed = 2166136261;
        foreach (char c in name) seed = (seed ^ c) * 16777619;
        var random = new Random((int)(seed & int.MaxValue));
        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
        {
            float v = random.NextSingle() * 2 - 1;
            values[i] = relu ? Math.Max(0, v) : v;
        }
        return values;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var item in owned) item.Dispose();
    }
}
