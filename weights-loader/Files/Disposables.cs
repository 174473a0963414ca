namespace GpuStyle.WeightsLoader;

/// <summary>Things that are closed together.</summary>
sealed class Disposables : IDisposable
{
    readonly List<IDisposable> items = [];

    /// <summary>Adds one and gives it back.</summary>
    public T Add<T>(T item) where T : IDisposable
    {
        this.items.Add(item);
        return item;
    }

    /// <summary>Those that are files.</summary>
    public IEnumerable<InputFile> Files => this.items.OfType<InputFile>();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var item in this.items) item.Dispose();
    }
}
