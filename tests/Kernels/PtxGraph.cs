using System.Text.RegularExpressions;

namespace GpuStyle.Tests.Kernels;

/// <summary>
/// A kernel's PTX as basic blocks: what a loop holds, and how many registers are alive at once. There is no assembler without
/// NVIDIA's tools; what it makes of a kernel may be better or worse by its own order of instructions.
/// </summary>
internal sealed partial class PtxGraph
{
    readonly List<Block> blocks = [];

    public PtxGraph(string ptx)
    {
        var names = new Dictionary<string, Block>();
        var current = new Block(0);
        blocks.Add(current);
        foreach (string line in ptx[ptx.IndexOf(".entry", StringComparison.Ordinal)..].Split('\n').Select(l => l.Trim()))
        {
            if (Label().Match(line) is { Success: true } label)
            {
                var next = new Block(blocks.Count);
                if (!current.Ended) current.Targets.Add(label.Groups[1].Value);
                blocks.Add(names[label.Groups[1].Value] = current = next);
            }
            else if (!current.Ended && Instruction().IsMatch(line)) current.Add(line);
        }
        foreach (var block in blocks) block.Successors.AddRange(block.Targets.Select(t => names[t]));
    }

    /// <summary>The instructions of the innermost loop around those that begin like <paramref name="opcode"/>.</summary>
    public IReadOnlyList<string> LoopAround(string opcode) =>
        Loops().Select(l => l.SelectMany(b => b.Lines).ToList()).Where(l => l.Any(line => line.StartsWith(opcode, StringComparison.Ordinal)))
            .MinBy(l => l.Count) ?? throw new InvalidOperationException($"No loop holds {opcode}.");

    /// <summary>
    /// The most 32-bit registers that hold a value which is still needed, anywhere in the kernel. Parameters count for nothing, nor do
    /// pointers among them made global, which changes no bit: instructions can read them from constant memory.
    /// </summary>
    public int MostAlive()
    {
        var parameters = blocks.SelectMany(b => b.Lines).Where(l => Parameter().IsMatch(l)).SelectMany(l => Register().Matches(l).Select(m => m.Value)).ToHashSet();
        var alive = blocks.Select(_ => new HashSet<string>()).ToArray();
        int most = 0;
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (var block in Enumerable.Reverse(blocks))
            {
                var set = new HashSet<string>(block.Successors.SelectMany(s => alive[s.Index]));
                foreach (string line in Enumerable.Reverse(block.Lines))
                {
                    int written = Written(line);
                    string[] registers = [.. Register().Matches(line).Select(m => m.Value)];
                    foreach (string register in registers.Take(written)) set.Remove(register);
                    foreach (string register in registers.Skip(written)) set.Add(register);
                    most = Math.Max(most, set.Where(r => !parameters.Contains(r)).Sum(Words));
                }
                changed |= set.Count > alive[block.Index].Count;
                alive[block.Index].UnionWith(set);
            }
        }
        return most;
    }

    /// <summary>How many of the registers that a line names, from the first on, it writes.</summary>
    static int Written(string line) =>
        NoResult().IsMatch(line) ? 0
        : line.IndexOf('{') is >= 0 and var open && line.IndexOf('%') > open ? Register().Count(line[open..line.IndexOf('}')])
        : 1;

    static int Words(string register) => register[1] == 'p' ? 0 : register.Contains('d') ? 2 : 1;

    /// <summary>Natural loops: what reaches a jump back without passing where it goes. ILGPU writes blocks so that only such jumps go back.</summary>
    IEnumerable<HashSet<Block>> Loops()
    {
        foreach (var tail in blocks)
            foreach (var head in tail.Successors.Where(s => s.Index <= tail.Index))
            {
                HashSet<Block> loop = [head];
                var open = new Stack<Block>([tail]);
                while (open.TryPop(out var block))
                    if (loop.Add(block))
                        foreach (var before in blocks.Where(b => b.Successors.Contains(block))) open.Push(before);
                yield return loop;
            }
    }

    sealed class Block(int index)
    {
        public int Index { get; } = index;

        public List<string> Lines { get; } = [];

        public List<string> Targets { get; } = [];

        public List<Block> Successors { get; } = [];

        /// <summary>Whether nothing can follow.</summary>
        public bool Ended { get; private set; }

        public void Add(string line)
        {
            Lines.Add(line);
            if (Jump().Match(line) is { Success: true } jump) Targets.Add(jump.Groups[1].Value);
            Ended = line.StartsWith("bra", StringComparison.Ordinal) || line.StartsWith("ret", StringComparison.Ordinal);
        }
    }

    [GeneratedRegex(@"^(\w+):$")]
    private static partial Regex Label();

    [GeneratedRegex(@"^[@{a-z].*;")]
    private static partial Regex Instruction();

    [GeneratedRegex(@"\bbra(?:\.uni)?\s+(\w+);")]
    private static partial Regex Jump();

    [GeneratedRegex(@"%(?:rd|fd|rs|r|f|p|h)\d+")]
    private static partial Regex Register();

    [GeneratedRegex(@"^(ld\.param|cvta\.to\.global)")]
    private static partial Regex Parameter();

    /// <summary>Stores, jumps, barriers, guarded jumps, and copies, which ILGPU is given in braces.</summary>
    [GeneratedRegex(@"^(st\.|bra|bar|ret|@|\{|cp\.async)")]
    private static partial Regex NoResult();
}
