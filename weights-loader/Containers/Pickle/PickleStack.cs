using System.Runtime.InteropServices;

namespace GpuStyle.WeightsLoader;

/// <summary>What a pickle works on: a stack with marks in it, and a memo of what may come again. Every use is checked and paid for.</summary>
sealed class PickleStack(DescriptionBudget budget)
{
    readonly List<object?> values = [];
    readonly Stack<int> marks = new();
    readonly Dictionary<uint, object?> memo = [];

    /// <summary>What lies below belongs to the mark before.</summary>
    int Floor => this.marks.TryPeek(out int mark) ? mark : 0;

    public void Push(object? value)
    {
        budget.Take(32);
        this.values.Add(value);
    }

    /// <summary>Pushes a new object of so many bytes.</summary>
    public void PushNew(int bytes, object value)
    {
        budget.Take(bytes);
        Push(value);
    }

    public object? Top() => this.values.Count > Floor ? this.values[^1] : throw PickleReader.Damaged("it takes what is not there");

    public object? Pop()
    {
        object? top = Top();
        this.values.RemoveAt(this.values.Count - 1);
        return top;
    }

    /// <summary>The topmost values, the lowest first.</summary>
    public object?[] PopMany(int count)
    {
        if (this.values.Count - count < Floor) throw PickleReader.Damaged("it takes what is not there");
        budget.Take(32 + (8 * count));
        object?[] top = CollectionsMarshal.AsSpan(this.values)[^count..].ToArray();
        this.values.RemoveRange(this.values.Count - count, count);
        return top;
    }

    public void Mark()
    {
        budget.Take(16);
        this.marks.Push(this.values.Count);
    }

    /// <summary>The values above the last mark, which goes with them.</summary>
    public object?[] PopMark()
    {
        if (!this.marks.TryPop(out int mark)) throw PickleReader.Damaged("it ends what it did not begin");
        return PopMany(this.values.Count - mark);
    }

    /// <summary>Keeps the topmost value in a place of the memo, which is the next one where none is named.</summary>
    public void Remember(uint? place = null)
    {
        budget.Take(96);
        this.memo[place ?? (uint)this.memo.Count] = Top();
    }

    public object? Recall(uint place) =>
        this.memo.TryGetValue(place, out object? value) ? value : throw PickleReader.Damaged("it recalls what it did not say");
}
