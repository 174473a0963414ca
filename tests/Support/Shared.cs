namespace GpuStyle.Tests.Support;

/// <summary>
/// Files that tests like to have and that the project cannot carry (weights, pictures, golden values): they lie in a folder
/// <c>shared</c> beside the repository's root. Where it is absent, the tests that want them skip and say so.
/// </summary>
public static class SharedFiles
{
    /// <summary>The repository's root: the nearest folder above the tests that holds GpuStyle.sln; null when there is none.</summary>
    public static string? Root { get; } = FindRoot();

    /// <summary>The full path of ../shared/<paramref name="relative"/> if that file or folder is there, or null.</summary>
    /// <param name="relative">Such as <c>weights/vgg19-caffe.safetensors</c>.</param>
    public static string? Path(string relative)
    {
        if (Root is null) return null;
        string path = System.IO.Path.GetFullPath(System.IO.Path.Combine(Root, "..", "shared", relative));
        return File.Exists(path) || Directory.Exists(path) ? path : null;
    }

    /// <summary>As <see cref="Path"/>; a test that calls it where the file is absent is skipped with a plain message.</summary>
    public static string Require(string relative)
    {
        string? path = Path(relative);
        Assert.SkipWhen(path is null, $"needs ../shared/{relative} beside the repository's root, which is not there");
        return path!;
    }

    static string? FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "GpuStyle.sln"))) return folder.FullName;
        return null;
    }
}
