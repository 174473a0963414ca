using System.Globalization;

namespace GpuStyle.Benchmarks;

/// <summary>
/// Two optimisations side by side, to the totals that the second reaches: <c>race --ours COMMAND --peer COMMAND [--turns 4,24]</c>. One stands still while the other runs, in turns of so many
/// seconds, so that both meet the same machine, however busy its host is; only a program's own turns count. Each prints a line for each total, as a JSON object (<c>--trace
/// /dev/stdout</c>) or beginning with the evaluation's number and the total. Times are from the command on, and from the first total on, since programs differ in what they prepare before it.
/// </summary>
internal static class RaceBenchmark
{
    /// <summary>Rows of the table.</summary>
    const int Rows = 6;

    public static int Run(Arguments arguments)
    {
        int[] turns = arguments.Wholes("--turns", [4, 24], 1);
        string[] commands = [.. new[] { "--ours", "--peer" }.Select(name => arguments.Text(name, "") is { Length: > 0 } command ? command : throw new ArgumentException($"{name}: a command is wanted"))];
        arguments.End();
        if (turns.Length != 2) throw new ArgumentException("--turns: wants two numbers of seconds, as 4,24");
        using Racer ours = new(commands[0]), peer = new(commands[1]);
        // They are in sessions of their own, which an interrupt does not reach.
        Console.CancelKeyPress += (_, _) =>
        {
            ours.Dispose();
            peer.Dispose();
        };
        while (!(ours.Ended && peer.Ended))
        {
            ours.Turn(TimeSpan.FromSeconds(turns[0]));
            peer.Turn(TimeSpan.FromSeconds(turns[1]));
        }
        if (ours.Totals.Count == 0 || peer.Totals.Count == 0) throw new PeerException($"'{(ours.Totals.Count == 0 ? commands[0] : commands[1])}' printed no totals.");
        Print(ours.Totals, peer.Totals);
        return 0;
    }

    static void Print(IReadOnlyList<Reached> ours, IReadOnlyList<Reached> peer)
    {
        Console.WriteLine($"{"total",-12} {"peer: number",12} {"seconds",9} {"ours: number",12} {"seconds",9} {"peer / ours",11} {"from the first total",20}");
        for (int row = 1; row <= Rows; row++)
        {
            var goal = peer[(peer.Count * row + Rows - 1) / Rows - 1];
            string text = string.Create(CultureInfo.InvariantCulture, $"{goal.Total,-12:0.0000e0} {goal.Number,12} {goal.Seconds,9:f1}");
            Console.WriteLine(ours.FirstOrDefault(r => r.Total <= goal.Total) is not { } hit ? $"{text} {"not reached",12}"
                : string.Create(CultureInfo.InvariantCulture, $"{text} {hit.Number,12} {hit.Seconds,9:f1} {goal.Seconds / hit.Seconds,11:f2} {(goal.Seconds - peer[0].Seconds) / (hit.Seconds - ours[0].Seconds),20:f2}"));
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"first totals after {peer[0].Seconds:f1} s (peer) and {ours[0].Seconds:f1} s"));
    }
}
