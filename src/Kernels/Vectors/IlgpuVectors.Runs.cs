using System.Runtime.InteropServices;
using ILGPU;

namespace GpuStyle.Kernels;

/// <content>
/// Inner products and combinations of any number of vectors: one launch for all that lie in the same memory (<see cref="VectorRun"/>).
/// Coefficients of such combinations reach the device before them (<see cref="IlgpuNumbers"/>). Other vectors of floats are combined four at
/// a time.
/// <code>
/// scratch, grown when needed, kept: coefficients [vector], with zeros up to a multiple of four
/// </code>
/// </content>
internal sealed partial class IlgpuVectors
{
    /// <summary>4-byte values for coefficients: enough for most runs, since recordings are made anew when it grows.</summary>
    const long LeastTable = 1024;

    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, VectorRun, ArrayView<double>> dot;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<int>, VectorRun, ArrayView<double>> dotPacked;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>,
        VectorKernels.Coefficients> combine;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, double, ArrayView<float>, VectorRun, ArrayView<double>> combineRun;
    readonly Action<KernelConfig, ArrayView<float>, ArrayView<float>, double, ArrayView<int>, VectorRun, ArrayView<double>> combinePacked;
    readonly List<(VectorRun Run, IlgpuStorage Storage, bool Packed)> runs = [];
    readonly List<Tensor> singles = [];
    readonly List<double> factors = [], runFactors = [];
    IlgpuStorage? table;

    public void Dot(IReadOnlyList<Tensor> vectors, Tensor y, Scalars sums, int first)
    {
        int groups = IlgpuSums.Groups(y.DeviceLayout().Count);
        VectorRun run;
        for (int i = 0; i < vectors.Count; i += run.Count)
        {
            run = VectorRun.Of(vectors, i);
            for (int v = 0; v < run.Count; v++) CheckEqual(vectors[i + v], y);
            var config = device.Groups((run.Count + RunKernels.AtOnce - 1) / RunKernels.AtOnce, groups, IlgpuSums.GroupSize);
            var (memory, parts) = (vectors[i].OnIlgpu().Storage.Memory.All, new ScalarSlot(sums, first + i).Parts());
            if (vectors[i].Packed) dotPacked(config, y.DeviceView(), memory, run, parts);
            else dot(config, y.DeviceView(), memory.Cast<float>(), run, parts);
        }
    }

    public void Combine(IReadOnlyList<Tensor> vectors, ReadOnlySpan<double> coefficients, Tensor destination)
    {
        if (vectors.Count != coefficients.Length)
            throw new ArgumentException($"{vectors.Count} vectors, {coefficients.Length} coefficients.", nameof(coefficients));
        // The destination may be among the vectors: its share is its own coefficient, taken before anything is overwritten.
        double own = Sort(vectors, coefficients, destination);
        var other = destination;
        if (singles.Count == 1 && runs.Count > 0 && own == 0)
        {
            (other, own) = (singles[0], factors[0]);
        }
        else if (singles.Count > 0 || runs.Count == 0)
        {
            CombineSingles(destination, own);
            own = 1;
        }
        int from = 0;
        foreach (var (run, storage, packed) in runs)
        {
            CombineRun(destination, other, own, run, storage, packed, CollectionsMarshal.AsSpan(runFactors).Slice(from, run.Count));
            (other, own, from) = (destination, 1, from + run.Count);
        }
    }

    /// <summary>Into runs and single vectors, with their coefficients; returns that of the destination.</summary>
    double Sort(IReadOnlyList<Tensor> vectors, ReadOnlySpan<double> coefficients, Tensor destination)
    {
        runs.Clear();
        runFactors.Clear();
        singles.Clear();
        factors.Clear();
        double own = 0;
        VectorRun run;
        for (int i = 0; i < vectors.Count; i += run.Count)
        {
            run = VectorRun.Of(vectors, i);
            for (int v = 0; v < run.Count; v++) CheckEqual(vectors[i + v], destination);
            var storage = vectors[i].OnIlgpu().Storage;
            // A run that the destination is in is taken apart.
            if (storage.Memory == destination.OnIlgpu().Storage.Memory) run.Count = run.Straight = 1;
            if (storage == destination.OnIlgpu().Storage)
            {
                own += coefficients[i];
            }
            else if (run.Count > 1 || vectors[i].Packed)
            {
                runs.Add((run, storage, vectors[i].Packed));
                runFactors.AddRange(coefficients.Slice(i, run.Count));
            }
            else
            {
                singles.Add(vectors[i]);
                factors.Add(coefficients[i]);
            }
        }
        return own;
    }

    void CombineSingles(Tensor destination, double own)
    {
        // Vectors that fill up a launch must not be the destination, which may hold anything, unless there is nothing else.
        if (singles.Count == 0)
        {
            singles.Add(destination);
            factors.Add(0);
        }
        var to = destination.DeviceView();
        for (int i = 0; i < singles.Count; i += VectorKernels.Combined, own = 1)
        {
            ArrayView<float> At(int j) => singles[Math.Min(i + j, singles.Count - 1)].DeviceView();
            double Factor(int j) => i + j < singles.Count ? factors[i + j] : 0;
            VectorKernels.Coefficients k = new() { Own = own, A = Factor(0), B = Factor(1), C = Factor(2), D = Factor(3) };
            combine(device.Threads(to.Length), to, At(0), At(1), At(2), At(3), k);
        }
    }

    void CombineRun(
        Tensor destination, Tensor other, double own, VectorRun run, IlgpuStorage storage, bool packed, ReadOnlySpan<double> coefficients)
    {
        int padded = (run.Count + RunKernels.AtOnce - 1) / RunKernels.AtOnce * RunKernels.AtOnce;
        var values = device.Grown(ref table, Math.Max(LeastTable, 2L * padded)).Values<double>().SubView(0, padded);
        Span<double> numbers = stackalloc double[padded];
        numbers.Clear();
        coefficients.CopyTo(numbers);
        device.Numbers.Write(MemoryMarshal.Cast<double, uint>(numbers), values.Cast<uint>());
        var (to, memory) = (destination.DeviceView(), storage.Memory.All);
        if (packed) combinePacked(device.Threads(PackedFormat.Words(to.Length)), to, other.DeviceView(), own, memory, run, values);
        else combineRun(device.Threads(to.Length), to, other.DeviceView(), own, memory.Cast<float>(), run, values);
    }
}
