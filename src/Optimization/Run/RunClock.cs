using System.Diagnostics;

namespace GpuStyle.Optimization;

/// <summary>Counts a run's iterations, work and time, and remembers where it was when its picture was last brought to the host.</summary>
internal sealed class RunClock(IReadOnlyList<PyramidLevel> levels)
{
    readonly Stopwatch watch = Stopwatch.StartNew();
    readonly double work = levels.Sum(Cost);
    readonly int iterations = levels.Sum(l => l.Iterations);
    Place now = new(0, 0, null, 0, null), kept = new(0, 0, null, 0, null);

    /// <summary>The size being worked on, from 0.</summary>
    public int Level => now.Level;

    /// <summary>Iterations done at this size.</summary>
    public int Done => now.Done;

    /// <summary>The last iteration counted.</summary>
    public Iterate? Last => now.Last;

    /// <summary>One more iteration is done.</summary>
    public void Count(PyramidLevel level, Losses losses, Func<RunPicture> picture)
    {
        double done = now.Work + Cost(level) / level.Iterations;
        var last = new Iterate((Last?.Iteration ?? 0) + 1, iterations - now.Skipped, Level + 1, levels.Count, level.Width, level.Height, losses, watch.Elapsed.TotalSeconds, done / (work - now.Spared), picture);
        now = now with { Done = Done + 1, Last = last, Work = done };
    }

    /// <summary>The size that is being worked on has come to its end, with this picture and its losses.</summary>
    public void Close(PyramidLevel level, Losses losses, Func<RunPicture> picture) => now = now with
    {
        Last = Last! with
        {
            Scale = Level + 1,
            Width = level.Width,
            Height = level.Height,
            Losses = losses,
            Seconds = watch.Elapsed.TotalSeconds,
            Shown = picture,
            Closing = true,
        },
    };

    /// <summary>Goes to a size that an interrupted run does no iteration at.</summary>
    public void GoTo(int level) => now = now with { Level = level, Done = 0 };

    /// <summary>Sizes that ended before all of their iterations were done.</summary>
    public int Stalled => now.Stalled;

    /// <summary>A size is done. The iterations that it was spared no longer count as work.</summary>
    public void EndLevel()
    {
        var level = levels[Level];
        int skipped = level.Iterations - Done;
        now = now with
        {
            Level = Level + 1,
            Done = 0,
            Skipped = now.Skipped + skipped,
            Spared = now.Spared + Cost(level) * skipped / level.Iterations,
            Stalled = now.Stalled + (skipped > 0 ? 1 : 0),
        };
    }

    /// <summary>The picture as it is now, for the run to go on from.</summary>
    public void Keep(RunPicture picture) => kept = now with { Picture = picture };

    /// <summary>Back to where <see cref="Keep"/> was called last, or to the beginning.</summary>
    public void GoBack() => now = kept;

    /// <summary>The picture to go on from after <see cref="GoBack"/>, once; else null.</summary>
    public RunPicture? TakeKept()
    {
        var picture = now.Picture;
        now = now with { Picture = null };
        return picture;
    }

    static double Cost(PyramidLevel level) => (double)level.Height * level.Width * level.Iterations;

    /// <summary>How far a run has come.</summary>
    sealed record Place(int Level, int Done, Iterate? Last, double Work, RunPicture? Picture, int Skipped = 0, double Spared = 0, int Stalled = 0);
}
