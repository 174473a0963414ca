using System.Diagnostics;

namespace GpuStyle.WeightsLoader;

/// <summary>Measures the speed of a download and passes its progress on, not too often.</summary>
sealed class RateMeter(IProgress<DownloadProgress>? progress, long start)
{
    static readonly TimeSpan Window = TimeSpan.FromSeconds(5), Interval = TimeSpan.FromMilliseconds(100);

    readonly Queue<(TimeSpan Time, long Bytes)> _past = new([(TimeSpan.Zero, start)]);
    readonly Stopwatch _clock = Stopwatch.StartNew();
    TimeSpan _last = -Interval;

    public void Report(long bytes, long? total, bool always = false)
    {
        var now = _clock.Elapsed;
        if (progress is null || (!always && now - _last < Interval)) return;
        _last = now;
        while (_past.Count > 1 && now - _past.Peek().Time > Window) _past.Dequeue();
        var (time, then) = _past.Peek();
        _past.Enqueue((now, bytes));
        double seconds = (now - time).TotalSeconds;
        progress.Report(new DownloadProgress(bytes, total, seconds > 0 ? (bytes - then) / seconds : 0));
    }
}
