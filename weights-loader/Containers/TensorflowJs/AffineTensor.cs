namespace GpuStyle.WeightsLoader;

/// <summary>A tensor stored as whole numbers, each of which stands for <c>stored * Scale + Min</c>.</summary>
sealed record AffineTensor(string Name, string Type, IReadOnlyList<long> Shape, long Elements, IByteSource Source, long Position, double Scale, double Min)
    : ArrayTensor(Name, Type, Shape, Elements, Source, Position)
{
    /// <inheritdoc/>
    protected override long ReadStored(Span<float> values)
    {
        base.ReadStored(values);
        for (int i = 0; i < values.Length; i++) values[i] = (float)((values[i] * Scale) + Min);
        return FloatConversion.IndexOfNonFinite(values);
    }
}
