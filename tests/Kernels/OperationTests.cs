using GpuStyle.Benchmarks;
using GpuStyle.Kernels;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// Every case of the catalogue on one device against the float64 reference: outputs and sums within the case's tolerance,
/// inputs unchanged, nothing written outside any tensor, and the same bits when run again.
/// </summary>
/// <param name="open">Opens the device, or gives null if there is none.</param>
/// <param name="absent">Why there may be none.</param>
/// <param name="least">A tolerance that every case has at least, for devices that round more than the catalogue expects.</param>
public abstract class OperationTests(Func<Device?> open, string absent, double least = 0)
{
    protected void Check(IEnumerable<OperationCase> cases)
    {
        using var device = open();
        Assert.SkipWhen(device is null, absent);
        using var reference = new ReferenceDevice();
        var failures = new List<string>();
        foreach (var item in cases) Compare(item with { Tolerance = Math.Max(item.Tolerance, least) }, device!, reference, failures);
        Assert.True(failures.Count == 0, $"{failures.Count} failures on {device!.Name}:\n" + string.Join('\n', failures.Take(40)));
    }

    static void Compare(OperationCase item, Device device, Device reference, List<string> failures)
    {
        using var tensors = new CaseTensors(device);
        using var expected = new CaseTensors(reference);
        item.Prepare(tensors)();
        item.Prepare(expected)();
        foreach (var (name, tensor) in tensors.Outputs)
            Report(item, name, device.Download(tensor), reference.Download(expected.Outputs[name]), tensor.Shape, failures);
        foreach (var (name, sums) in tensors.Sums)
            Report(item, name, Read(sums), Read(expected.Sums[name]), new(1, 1, sums.Count), failures);
        foreach (var (name, tensor) in tensors.Inputs)
            if (!device.Download(tensor).SequenceEqual(reference.Download(expected.Inputs[name]))) failures.Add($"{item.Name}: changed its input {name}");
        foreach (var (name, tensor) in tensors.Inputs.Concat(tensors.Outputs))
            if (!device.GuardsIntact(tensor)) failures.Add($"{item.Name}: wrote outside {name}");

        using var again = new CaseTensors(device);
        item.Prepare(again)();
        foreach (var (name, tensor) in again.Outputs)
            if (!device.Download(tensor).SequenceEqual(device.Download(tensors.Outputs[name]))) failures.Add($"{item.Name}: {name} differs when run again");
        foreach (var (name, sums) in again.Sums)
            if (!Exact(sums).SequenceEqual(Exact(tensors.Sums[name]))) failures.Add($"{item.Name}: {name} differs when run again");
    }

    static float[] Read(Scalars sums) => Array.ConvertAll(Exact(sums), v => (float)v);

    static double[] Exact(Scalars sums)
    {
        var values = new double[sums.Count];
        sums.Read(values);
        return values;
    }

    static void Report(OperationCase item, string name, float[] actual, float[] expected, Shape shape, List<string> failures)
    {
        double scale = expected.Max(v => Math.Abs((double)v));
        int worst = 0;
        double error = -1;
        for (int i = 0; i < actual.Length; i++)
        {
            double e = Math.Abs((double)actual[i] - expected[i]);
            if (double.IsNaN(e)) e = double.PositiveInfinity;
            if (e > error) (error, worst) = (e, i);
        }
        double allowed = item.Tolerance * scale;
        if (error <= allowed) return;
        long plane = shape.Positions;
        failures.Add($"{item.Name}: {name}[{worst / plane},{worst % plane / shape.Width},{worst % shape.Width}] is {actual[worst]:g9}, "
            + $"expected {expected[worst]:g9}; error {error:g3} is {error / allowed:g3} of the tolerance");
    }
}
