using NetVips;

namespace GpuStyle.Imaging;

/// <summary>The native library: started once, silent, without caches; its failures turned into one line.</summary>
static class Vips
{
    // Kept alive: native code holds on to it.
    static readonly Log.LogDelegate Silence = (_, _, _) => { };
    static readonly string? StartFailure = Start();

    static string? Start()
    {
        if (!ModuleInitializer.VipsInitialized) return Reason(ModuleInitializer.Exception);
        foreach (var domain in new[] { "VIPS", "GLib", "GLib-GObject" }) Log.SetLogHandler(domain, Enums.LogLevelFlags.All, Silence);
        // A file may change between two loads, and memory is wanted elsewhere.
        Cache.Max = 0;
        return null;
    }

    /// <summary>Runs an action that speaks to the library. Errors of any kind become a PictureException that begins with the given words.</summary>
    public static T Try<T>(string failing, Func<T> action)
    {
        if (StartFailure is not null) throw new PictureException($"{failing}: the imaging library libvips does not start on this machine ({StartFailure}); reinstall the program for this platform");
        try
        {
            return action();
        }
        catch (VipsException error)
        {
            throw new PictureException($"{failing}: {Reason(error)}", error);
        }
        catch (OutOfMemoryException error)
        {
            throw new PictureException($"{failing}: not enough memory; choose a smaller size", error);
        }
    }

    /// <summary>The last line of the library's error text, which gathers the lines of everything that failed before.</summary>
    public static string Reason(Exception? error)
    {
        var lines = (error?.Message ?? "unknown error").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return lines.Length == 0 ? "unknown error" : lines[^1];
    }
}

/// <summary>Images of a pipeline, released together, so that no file stays open until the garbage collector comes.</summary>
sealed class Pipeline : IDisposable
{
    readonly List<IDisposable> parts = [];

    public T Keep<T>(T part) where T : IDisposable
    {
        parts.Add(part);
        return part;
    }

    public void Dispose()
    {
        for (int i = parts.Count - 1; i >= 0; i--) parts[i].Dispose();
    }
}
