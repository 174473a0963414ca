using GpuStyle.Optimization;
using Spectre.Console;

namespace GpuStyle.Cli.Running;

/// <summary>A run's progress bar: size, loss, iterations a second and time left. Only on a terminal.</summary>
internal static class RunProgress
{
    /// <summary>Runs <paramref name="work"/>, handing it a function that shows an iteration.</summary>
    public static T Show<T>(bool quiet, Func<Action<Iterate>, T> work)
    {
        if (quiet || !Terminal.Interactive) return work(_ => { });
        T result = default!;
        Terminal.Error.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
            .Start(context =>
            {
                var bar = context.AddTask("starting", maxValue: 1);
                var rate = new Rate();
                result = work(iterate =>
                {
                    bar.Value = iterate.FractionDone;
                    double left = iterate.Seconds * (1 - iterate.FractionDone) / iterate.FractionDone;
                    bar.Description = Markup.Escape($"{iterate.Width}x{iterate.Height} ({iterate.Scale}/{iterate.Scales})  loss {iterate.Losses.Total:0.000e0}  {rate.Of(iterate):f1} it/s  {Duration(left)} left");
                });
                bar.Value = 1;
            });
        return result;
    }

    /// <summary>Seconds for people.</summary>
    public static string Duration(double seconds) => seconds < 99.5 ? $"{seconds:f1} s" : seconds < 3600
        ? TimeSpan.FromSeconds(seconds).ToString(@"m\:ss")
        : $"{(long)seconds / 3600}:{(long)seconds / 60 % 60:00}:{(long)seconds % 60:00}";

    /// <summary>Iterations done, for people.</summary>
    public static string Iterations(Iterate? last) => Iterations(last?.Iteration ?? 0);

    /// <summary>So many iterations, for people.</summary>
    public static string Iterations(int count) => count == 1 ? "1 iteration" : $"{count} iterations";

    /// <summary>Iterations a second over the last few at the same size.</summary>
    sealed class Rate
    {
        readonly Queue<(int Scale, double Seconds)> recent = [];
        double last;

        public double Of(Iterate iterate)
        {
            while (recent.Count > 0 && (recent.Count > 20 || recent.Peek().Scale != iterate.Scale)) recent.Dequeue();
            if (!iterate.Closing) recent.Enqueue((iterate.Scale, last = iterate.Seconds));
            double span = recent.Count > 1 ? last - recent.Peek().Seconds : 0;
            return span > 0 ? (recent.Count - 1) / span : 0;
        }
    }
}
