using GpuStyle.WeightsLoader;

namespace GpuStyle.Cli.Running;

/// <summary>A download's progress on one line of the terminal; silent elsewhere.</summary>
internal sealed class DownloadBar : IProgress<DownloadProgress>, IDisposable
{
    const int Width = 30;

    bool shown;

    public void Report(DownloadProgress value)
    {
        if (!Terminal.Interactive) return;
        shown = true;
        string bar = value.Total is { } total and > 0
            ? $"[{new string('#', (int)(Width * value.Bytes / total)).PadRight(Width, '.')}] {100.0 * value.Bytes / total,5:f1} %"
            : "";
        string left = value.Total is { } all && value.BytesPerSecond > 0 ? $", {TimeSpan.FromSeconds((all - value.Bytes) / value.BytesPerSecond):hh\\:mm\\:ss} left" : "";
        Console.Error.Write($"\r{bar} {value.Bytes / 1e6:f0} MB, {value.BytesPerSecond / 1e6:f1} MB/s{left}   ");
    }

    public void Dispose()
    {
        if (shown) Console.Error.WriteLine();
    }
}
