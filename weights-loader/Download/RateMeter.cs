using System.Diagnostics;

namespace GpuStyle.WeightsLoader;

/// <summary>Measures the speed of a download and passes its progress on, not too often.</summary>
sealed class RateMeter(IProgress<DownloadProgress>? progress, long start)
{
    static readonly TimeSpan Window = TimeSpan.FromSeconds(5), Interval = TimeSpan.FromMilliseconds(100);

    readonly Queue<(TimeSpan Time, long Bytes)> past = new([(TimeSpan.Zero, start)]);
    readonly Stopwatch clock = Stopwatch.StartNew();
    TimeSpan last = -Interval;

    public void Report(long bytes, long? total, bool always = false)
    {
        var now = clock.Elapsed;
        if (progress is null || (!always && now - last < Interval)) return;
        last = now;
        while (past.Count > 1 && now - past.Peek().Time > Window) past.Dequeue();
        var (time, then) = past.Peek();
        past.Enqueue((now, bytes));
        double seconds = (now - time).TotalSeconds;
        progress.Report(new DownloadProgress(bytes, total, seconds > 0 ? (bytes - then) / seconds : 0));
    }
}
