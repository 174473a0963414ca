namespace GpuStyle.Kernels;

/// <summary>The shape of a tensor: channels, height and width. A matrix is one channel, a picture three.</summary>
public readonly record struct Shape(int Channels, int Height, int Width)
{
    /// <summary>Spatial positions, M in the paper.</summary>
    public long Positions => (long)Height * Width;

    /// <summary>Values in all.</summary>
    public long Count => Channels * Positions;

    /// <summary>A square matrix of the given order, as a Gram matrix is stored.</summary>
    public static Shape Matrix(int order) => new(1, order, order);

    /// <summary>Throws unless every extent is positive.</summary>
    public Shape Checked()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Channels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Width);
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Channels}x{Height}x{Width}";
}

/// <summary>Indices of something that repeats.</summary>
internal static class Periods
{
    /// <summary>The index from 0 to below a period that another one, of either sign, repeats.</summary>
    public static int Modulo(this int index, int period) => (index % period + period) % period;
}

/// <summary>Where a window begins in a larger tensor.</summary>
public readonly record struct Corner(int Top, int Left);

/// <summary>
/// A rectangle of positions. An operation that sums over positions is told which ones are meant, because a tensor may be
/// one block of a picture that carries a margin owned by its neighbours.
/// </summary>
public readonly record struct Region(int Top, int Left, int Height, int Width)
{
    /// <summary>The upper left position.</summary>
    public Corner Corner => new(Top, Left);

    /// <summary>Every position of a tensor.</summary>
    public static Region All(Shape shape) => new(0, 0, shape.Height, shape.Width);

    /// <summary>The shape that this part of a tensor has.</summary>
    public Shape Of(Shape shape) => new(shape.Channels, Height, Width);

    /// <summary>Whether this region is the whole of <paramref name="shape"/>.</summary>
    public bool Covers(Shape shape) => this == All(shape);

    /// <summary>Throws unless the region is not empty and lies inside <paramref name="shape"/>.</summary>
    public Region CheckedIn(Shape shape)
    {
        bool inside = Top >= 0 && Left >= 0 && Height > 0 && Width > 0
            && Top <= shape.Height - Height && Left <= shape.Width - Width;
        return inside ? this : throw new ArgumentOutOfRangeException(nameof(shape), $"Region {this} does not lie inside {shape}.");
    }
}
