using System.Text.RegularExpressions;

namespace GpuStyle.Benchmarks;

/// <summary>
/// What an innermost loop of machine code costs one quarter of a streaming multiprocessor for one warp's way through it. Each instruction
/// counts once, whether a branch skips it or not. Clocks: 1 to issue an instruction; a tensor product m16n8k8 in TF32, or m16n8k16 in half
/// precision, 8 on sm_80, 32 on chips of consumer cards and sm_75 (data sheets), 6.4 on sm_90 (the measured peak of mma.sync, 62 % of the
/// data sheet's), assumed for sm_100; shared memory 128 bytes a clock for four quarters, conflicts not counted; 2 for an operation on
/// integers, 1 for one on floats, 2 for an integer multiply-add.
/// </summary>
public sealed partial class SassLoop
{
    static readonly HashSet<string> OtherUnits =
    [
        "LDS", "STS", "LDG", "STG", "LDGSTS", "LDC", "LDSM", "BRA", "BSSY", "BSYNC", "BAR", "EXIT", "NOP", "DEPBAR", "LDGDEPBAR", "MUFU",
        "WARPSYNC", "RED", "ATOM", "ATOMG", "CALL", "RET", "CS2R", "S2R", "ULDC", "ERRBAR", "MEMBAR",
    ];

    /// <summary>Counts a loop for a chip.</summary>
    /// <param name="body">Its instructions, without labels.</param>
    /// <param name="chip">Such as sm_90.</param>
    public SassLoop(IReadOnlyList<SassInstruction> body, string chip)
    {
        (Products, Moves, Instructions) = (body.Count(i => i.IsProduct), body.Count(i => i.IsMove), body.Count);
        LateLoads = Products == 0 ? 0 : Enumerable.Range(0, body.Count).Count(at => IsLate(body, at));
        Divisions = body.Count(i => i.Operation == "MUFU.RCP");
        double tensor = body.Sum(i => ProductClocks(i, chip));
        double most = new[] { Instructions, tensor, body.Sum(SharedClocks), body.Sum(FloatClocks), body.Sum(IntegerClocks) }.Max();
        Share = Products == 0 ? null : tensor / most;
    }

    /// <summary>Tensor products.</summary>
    public int Products { get; }

    /// <summary>Copies of registers.</summary>
    public int Moves { get; }

    /// <summary>Instructions.</summary>
    public int Instructions { get; }

    /// <summary>Loads from global memory that are waited for before the next product: their latency is not hidden.</summary>
    public int LateLoads { get; }

    /// <summary>Reciprocals: a division or remainder that nothing has replaced.</summary>
    public int Divisions { get; }

    /// <summary>Of the tensor cores' peak, what the loop can reach where all latency is hidden; null: it has no products.</summary>
    public double? Share { get; }

    /// <summary>Innermost loops: what lies between a label and a branch back to it, and holds no other such loop.</summary>
    public static IReadOnlyList<IReadOnlyList<SassInstruction>> Innermost(IReadOnlyList<SassInstruction> body)
    {
        var labels = body.Select((item, at) => (item.Label, at)).Where(l => l.Label is not null).ToDictionary(l => l.Label!, l => l.at);
        var spans = new List<(int From, int To)>();
        for (int i = 0; i < body.Count; i++)
            // A branch to itself fills up the code behind a kernel's end.
            if (Branch().Match(body[i].Text) is { Success: true } branch && labels.TryGetValue(branch.Groups[1].Value, out int label)
                && i - label > 1)
                spans.Add((label, i));
        return [.. spans.Where(s => !spans.Exists(o => o != s && s.From <= o.From && o.To <= s.To))
            .Select(s => body.Skip(s.From).Take(s.To - s.From + 1).Where(i => i.Label is null).ToArray())];
    }

    static bool IsLate(IReadOnlyList<SassInstruction> body, int at)
    {
        var load = body[at];
        if (load.Stem != "LDG") return false;
        foreach (var later in body.Skip(at + 1).Concat(body.Take(at)))
            if (later.WaitsFor(load.Sets)) return true;
            else if (later.IsProduct) return false;
        return false;
    }

    static double ProductClocks(SassInstruction i, string chip) => !i.IsProduct ? 0
        : chip switch { "sm_80" => 8, "sm_90" or "sm_100" => 6.4, _ => 32 };

    static double SharedClocks(SassInstruction i) => i.Stem switch
    {
        "LDSM" => 16,
        "LDS" or "STS" or "LDGSTS" when i.Guard != "!PT" => i.Operation.Contains(".128") ? 16 : i.Operation.Contains(".64") ? 8 : 4,
        _ => 0,
    };

    static double FloatClocks(SassInstruction i) => i.Stem switch { "IMAD" => 2, "FFMA" or "FADD" or "FMUL" => 1, _ => 0 };

    static double IntegerClocks(SassInstruction i) => i.IsProduct || FloatClocks(i) > 0 || OtherUnits.Contains(i.Stem) ? 0 : 2;

    [GeneratedRegex(@"BRA.*`\((\.L_x_\d+)\)")]
    private static partial Regex Branch();
}
