using System.Reflection;
using GpuStyle.Kernels;
using ILGPU;

namespace GpuStyle.Benchmarks;

/// <summary>
/// What a launch of the ILGPU engine's kernels reads and writes at least: each tensor that it is given and uses counts once, whole. What
/// groups read twice (borders of their tiles, one input for several tiles of channels) is left to the caches; partial sums of a few
/// kilobytes are left out.
/// </summary>
public static class KernelTraffic
{
    /// <summary>A name for a table, and bytes.</summary>
    /// <exception cref="NotSupportedException">The kernel is not known here.</exception>
    internal static (string Name, long Read, long Written) Of(MethodInfo kernel, object[] arguments)
    {
        long Bytes(int i) => ((IArrayView)arguments[i]).LengthInBytes;
        long If(bool used, int i) => used ? Bytes(i) : 0;
        string name = $"{kernel.DeclaringType!.Name}.{kernel.Name}";
        switch (name, arguments[^1])
        {
            case (_, TensorCoreConvolution.Parameters p):
                // The pooled map is read where its gradient comes in, written where it goes out.
                bool pools = (p.Flags & (TensorCoreConvolution.Average | TensorCoreConvolution.Largest)) != 0;
                bool spreads = kernel.GetGenericArguments()[2] == typeof(AverageSource);
                var (convolution, read, written) = Convolution(name, p.Flags, input: 0, weights: 1, mask: 4, output: 5);
                return (spreads ? convolution + " of a pooling" : convolution, read + If(spreads, 6), written + If(pools, 6));
            case (_, TiledConvolution.Parameters p):
                return Convolution(p.Radius == 0 ? "1x1 for a Gram matrix, " + name : name, p.Flags, input: 0, weights: 1, mask: 3, output: 4);
            case ("IlgpuPooling.ForwardKernel", _):
                return (name, Bytes(0), Bytes(1));
            case (_, IlgpuPooling.Parameters p):
                return (name, Bytes(0) + Bytes(1) + If(p.Accumulate != 0, 2), Bytes(2));
            case ("TensorCoreGram.Products", GramKernels.Parameters p):
                return (name, Bytes(0), Partials(p.Tiles * (p.Tiles + 1) / 2 * TensorCoreGram.Tile * TensorCoreGram.Tile, p));
            case ("TensorCoreGram.AddPartials", GramKernels.Parameters p):
                return (name, Partials(p.Tiles * (p.Tiles + 1) / 2 * TensorCoreGram.Tile * TensorCoreGram.Tile, p) + Bytes(1), Bytes(1));
            case ("GramKernels.Products", GramKernels.Parameters p):
                return (name, Bytes(0), Partials(16 * p.Quads * p.Quads, p));
            case ("GramKernels.AddPartials", GramKernels.Parameters p):
                return (name, Partials(16 * p.Quads * p.Quads, p) + Bytes(1), Bytes(1));
            case ("TensorCoreGramGradient.Kernel", GramKernels.Parameters p):
                return (name, Bytes(0) + Bytes(1) + If(p.Accumulate != 0, 2), Bytes(2));
            case ("TensorCoreGramGradient.Pack" or "GramKernels.PackMatrix", int stored):
                return (name, Bytes(0), sizeof(float) * (long)stored * stored);
            case (_, IlgpuSquaredError.Parameters p):
                bool gradient = (p.Flags & IlgpuSquaredError.WithGradient) != 0;
                return (name, Bytes(0) + Bytes(1) + If((p.Flags & IlgpuSquaredError.Accumulated) != 0, 2), If(gradient, 2));
            case (_, IlgpuTotalVariation.Parameters):
                return (name, Bytes(0) + Bytes(1), Bytes(1));
            case ("VectorKernels.Fill", _):
                return (name, 0, Bytes(0));
            case ("VectorKernels.Mask", _):
                return (name, Bytes(0) + Bytes(1), Bytes(1));
            case ("VectorKernels.Normalise", _):
                return (name, Bytes(0), Bytes(4));
            case ("VectorKernels.NormaliseGradient", _):
                return (name, Bytes(0) + Bytes(3), Bytes(3));
            case ("OperandScale.LargestKernel", _):
                return (name, Bytes(0), 0);
            default:
                throw new NotSupportedException($"{name} is not among the kernels whose traffic is known.");
        }

        (string, long, long) Convolution(string name, int flags, int input, int weights, int mask, int output)
        {
            bool forward = (flags & TiledConvolution.BiasAndRelu) != 0;
            // A mask that is the output's own place is read before it is overwritten.
            return ($"{name}, {(forward ? "forward" : "gradient")}",
                Bytes(input) + Bytes(weights) + If((flags & TiledConvolution.Accumulate) != 0, output) + If((flags & TiledConvolution.Mask) != 0, mask), Bytes(output));
        }
    }

    static long Partials(int entries, GramKernels.Parameters p) => sizeof(float) * (long)entries * p.Chunks;
}
