using System.Globalization;

namespace GpuStyle.Kernels;

/// <summary>
/// A choice between ways to do the same that are fast on different devices: made by time when a device is first used, and kept in a file. Only what changes
/// no bit of a result may be chosen like that: the clock must not decide what is computed.
/// </summary>
internal static class Tuning
{
    /// <summary>Another than the first is taken only if it takes this much of its time or less.</summary>
    const double Clearly = 0.95;

    /// <summary>What is given to a choice, in seconds of measured time; a device that is slower has its first candidates tried.</summary>
    const double Budget = 0.2;

    /// <summary>The fastest of the candidates, the first unless another is clearly faster.</summary>
    /// <param name="candidates">The usual one first.</param>
    /// <param name="seconds">Measures one.</param>
    public static int Fastest(IReadOnlyList<int> candidates, Func<int, double> seconds)
    {
        double first = seconds(candidates[0]), least = Clearly * first, spent = first;
        int best = candidates[0];
        foreach (int candidate in candidates.Skip(1).TakeWhile(_ => spent < Budget))
        {
            double time = seconds(candidate);
            spent += time;
            if (time < least) (least, best) = (time, candidate);
        }
        return best;
    }

    /// <summary>What a file says was chosen, or a new choice, which is written there.</summary>
    /// <param name="folder">Where the file is.</param>
    /// <param name="key">One line that names everything the choice depends on: the device, its driver, the kernels.</param>
    /// <param name="candidates">What may be chosen; anything else in the file, or another key, makes it be chosen anew.</param>
    /// <param name="choose">Chooses.</param>
    public static int Kept(string folder, string key, IReadOnlyList<int> candidates, Func<int> choose)
    {
        string path = CacheFile.Place(folder, "tiles", key);
        string? text = CacheFile.Read(path, key)?.Trim();
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int kept) && candidates.Contains(kept)) return kept;
        int chosen = choose();
        CacheFile.Write(path, key, chosen.ToString(CultureInfo.InvariantCulture));
        return chosen;
    }
}
