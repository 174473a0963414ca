using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU.Backends.OpenCL;

namespace GpuStyle.Kernels;

/// <summary>
/// OpenCL C that is the same whenever the same kernel is compiled. ILGPU 1.5.3 numbers its names by everything that a process has made so far, so that the
/// same kernel is another text on the next device, and with threads in the next run; drivers, which keep what they compiled by its text, compile it again.
/// </summary>
internal static partial class StableNames
{
    static readonly FieldInfo Source = typeof(CLCompiledKernel).GetField("<Source>k__BackingField", BindingFlags.NonPublic | BindingFlags.Instance)
        ?? throw new MissingFieldException("ILGPU 1.5.3 is expected: CLCompiledKernel.Source is missing.");

    /// <summary>Gives a kernel such a text before a driver sees it.</summary>
    /// <param name="kernel">From ILGPU's compiler.</param>
    /// <param name="name">The name that it is called by.</param>
    public static void Give(CLCompiledKernel kernel, string name) => Source.SetValue(kernel, In(kernel.Source, name));

    /// <summary>The text with each name numbered by how many such names came before it instead.</summary>
    /// <param name="source">OpenCL C.</param>
    /// <param name="entry">The kernel's name, which stays.</param>
    public static string In(string source, string entry)
    {
        var names = new Dictionary<string, string>();
        return Numbered().Replace(source, match =>
        {
            if (match.Value == entry) return entry;
            if (!names.TryGetValue(match.Value, out string? name)) names.Add(match.Value, name = $"{match.Groups["stem"]}{names.Count}{match.Groups["tail"]}");
            return name;
        });
    }

    [GeneratedRegex(@"\b(?<stem>[A-Za-z_]\w*?_)[0-9]+(?<tail>_kernel)?\b")]
    private static partial Regex Numbered();
}
