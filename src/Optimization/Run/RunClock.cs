using System.Diagnostics;

namespace GpuStyle.Optimization;

/// <summary>Counts a run's iterations, work and time.</summary>
/// <param name="levels">The sizes.</param>
/// <param name="watch">Runs since the run began here.</param>
/// <param name="from">Where it went on from.</param>
internal sealed class RunClock(IReadOnlyList<PyramidLevel> levels, RunWatch watch, RunPlace from)
{
    readonly double work = levels.Sum(Cost);
    readonly int iterations = levels.Sum(l => l.Iterations);

    /// <summary>The sizes.</summary>
    public IReadOnlyList<PyramidLevel> Levels => levels;

    /// <summary>How far the run has come.</summary>
    public RunPlace Place { get; private set; } = from;

    /// <summary>The size being worked on, from 0.</summary>
    public int Level => Place.Level;

    /// <summary>Iterations done at this size.</summary>
    public int Done => Place.Done;

    /// <summary>The last iteration counted.</summary>
    public Iterate? Last => Place.Last;

    /// <summary>One more iteration is done.</summary>
    public void Count(PyramidLevel level, Losses losses)
    {
        double done = Place.Work + Cost(level) / level.Iterations, seconds = watch.Seconds;
        var last = new Iterate((Last?.Iteration ?? 0) + 1, iterations - Place.Skipped, Level + 1, levels.Count, level.Width, level.Height,
            losses, seconds, done / (work - Place.Spared));
        Place = Place with { Done = Done + 1, Last = last, Work = done, Seconds = seconds };
    }

    /// <summary>The size that is being worked on has come to its end, with a picture of these losses.</summary>
    public void Close(PyramidLevel level, Losses losses)
    {
        var last = Last! with
        {
            Scale = Level + 1,
            Width = level.Width,
            Height = level.Height,
            Losses = losses,
            Seconds = watch.Seconds,
            Closing = true,
        };
        Place = Place with { Last = last, Seconds = last.Seconds };
    }

    /// <summary>Goes to a size that an interrupted run does no iteration at.</summary>
    public void GoTo(int level) => Place = Place with { Level = level, Done = 0 };

    /// <summary>A size is done. The iterations that it was spared no longer count as work.</summary>
    public void EndLevel()
    {
        var level = levels[Level];
        int skipped = level.Iterations - Done;
        Place = Place with
        {
            Level = Level + 1,
            Done = 0,
            Skipped = Place.Skipped + skipped,
            Spared = Place.Spared + Cost(level) * skipped / level.Iterations,
            Stalled = Place.Stalled + (skipped > 0 ? 1 : 0),
        };
    }

    static double Cost(PyramidLevel level) => (double)level.Height * level.Width * level.Iterations;
}

/// <summary>The time that a run has taken, before it was given to this program and since.</summary>
/// <param name="before">Seconds before.</param>
internal sealed class RunWatch(double before)
{
    readonly Stopwatch watch = Stopwatch.StartNew();

    /// <summary>Seconds in all.</summary>
    public double Seconds => before + watch.Elapsed.TotalSeconds;
}
