namespace GpuStyle.Tests.Imaging;

/// <summary>A folder of its own for a test, removed with it.</summary>
sealed class TemporaryFolder : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("gpustyle-test-").FullName;

    public string this[string name] => Path.Combine(folder, name);

    public string[] Names => [.. Directory.GetFileSystemEntries(folder).Select(f => Path.GetFileName(f)).Order()];

    public string Holding(string name, byte[] content)
    {
        File.WriteAllBytes(this[name], content);
        return this[name];
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
