namespace GpuStyle.CudaEmulator;

/// <summary>
/// The immediate postdominator of each branch: the first instruction that all ways from it to the end of the kernel pass. By the
/// algorithm of Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001), on the reversed graph of basic blocks.
/// </summary>
internal static class Postdominators
{
    /// <summary>Sets <see cref="Branch.Meeting"/> of every branch; where lanes meet no more it is the largest integer.</summary>
    public static void Set(IReadOnlyList<Instruction> code)
    {
        int[] starts = Starts(code);
        int end = starts.Length;
        int[][] successors = [.. starts.Select((_, b) => Successors(code, starts, b))];
        int[] order = Order(successors, end);
        int[] postdominator = new int[end + 1];
        Array.Fill(postdominator, -1);
        postdominator[end] = end;
        int[] fromTheEnd = [.. Enumerable.Range(0, end).Where(b => order[b] >= 0).OrderByDescending(b => order[b])];
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (int block in fromTheEnd)
            {
                int found = -1;
                foreach (int next in successors[block])
                    if (postdominator[next] >= 0) found = found < 0 ? next : Common(found, next);
                if (found < 0 || postdominator[block] == found) continue;
                postdominator[block] = found;
                changed = true;
            }
        }
        for (int block = 0; block < end; block++)
            if (code[LastOf(code, starts, block)] is Branch branch)
                branch.Meeting = postdominator[block] < 0 || postdominator[block] == end ? int.MaxValue : starts[postdominator[block]];

        int Common(int a, int b)
        {
            while (a != b)
                if (order[a] < order[b]) a = postdominator[a];
                else b = postdominator[b];
            return a;
        }
    }

    /// <summary>The first instruction of each basic block.</summary>
    static int[] Starts(IReadOnlyList<Instruction> code)
    {
        var starts = new SortedSet<int> { 0 };
        for (int i = 0; i < code.Count; i++)
        {
            if (code[i] is Branch branch) starts.Add(branch.Target);
            if (code[i] is Branch or Return && i + 1 < code.Count) starts.Add(i + 1);
        }
        return [.. starts];
    }

    static int LastOf(IReadOnlyList<Instruction> code, int[] starts, int block) =>
        (block + 1 < starts.Length ? starts[block + 1] : code.Count) - 1;

    /// <summary>The blocks that may come next; the number after the last block is the kernel's end.</summary>
    static int[] Successors(IReadOnlyList<Instruction> code, int[] starts, int block) => code[LastOf(code, starts, block)] switch
    {
        Return => [starts.Length],
        Branch { Conditional: false } branch => [Array.BinarySearch(starts, branch.Target)],
        Branch branch => [Array.BinarySearch(starts, branch.Target), block + 1],
        _ => [block + 1],
    };

    /// <summary>
    /// Numbers of a postorder of the reversed graph from the end, which is the highest; -1 of blocks from which there is no way to the
    /// end.
    /// </summary>
    static int[] Order(int[][] successors, int end)
    {
        var predecessors = Enumerable.Range(0, end + 1).Select(_ => new List<int>()).ToArray();
        for (int block = 0; block < end; block++)
            foreach (int next in successors[block]) predecessors[next].Add(block);
        int[] order = new int[end + 1];
        Array.Fill(order, -1);
        var seen = new bool[end + 1];
        var path = new Stack<(int Block, int Next)>([(end, 0)]);
        seen[end] = true;
        int number = 0;
        while (path.TryPop(out var at))
            if (at.Next == predecessors[at.Block].Count) order[at.Block] = number++;
            else
            {
                path.Push((at.Block, at.Next + 1));
                int previous = predecessors[at.Block][at.Next];
                if (seen[previous]) continue;
                seen[previous] = true;
                path.Push((previous, 0));
            }
        return order;
    }
}
