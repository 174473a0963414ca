using System.Numerics;

namespace GpuStyle.CudaEmulator;

/// <summary>Lanes of a warp, a bit each, to be enumerated from the lowest.</summary>
internal readonly struct LaneSet(uint bits)
{
    public Enumerator GetEnumerator() => new(bits);

    internal struct Enumerator(uint rest)
    {
        public int Current { get; private set; }

        public bool MoveNext()
        {
            if (rest == 0) return false;
            Current = BitOperations.TrailingZeroCount(rest);
            rest &= rest - 1;
            return true;
        }
    }
}
