using System.Runtime.CompilerServices;

namespace GpuStyle.Kernels;

/// <summary>
/// Row and column of a number that goes on by steps of one size, counted row by row, through one plane or several. Divides once: of a
/// division in a loop, by what does not change there or by a constant, assemblers make some 20 instructions.
/// </summary>
internal struct PlaneWalk
{
    /// <summary>The height of a plane of which there is one.</summary>
    public const int Open = int.MaxValue;

    readonly int height, width, rows, columns;

    public PlaneWalk(int start, int step, int height, int width)
    {
        int row = start / width;
        (this.height, this.width, rows) = (height, width, step / width);
        (Y, X, columns) = (row % height, start - row * width, step - rows * width);
        rows %= height;
    }

    /// <summary>Row within the plane, and column.</summary>
    public int Y { get; private set; }

    /// <inheritdoc cref="Y"/>
    public int X { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Move()
    {
        X += columns;
        bool ends = X >= width;
        X -= ends ? width : 0;
        Y += ends ? rows + 1 : rows;
        Y -= Y >= height ? height : 0;
    }
}
