using System.Reflection;
using System.Xml.Linq;
using GpuStyle.Tests.Support;

namespace GpuStyle.Tests;

/// <summary>The arrows between the projects: Cli to Optimization to Network to Kernels, Network to weights-loader, Cli to Imaging, whatever writes files to Files.</summary>
public sealed class ArchitectureTests
{
    static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["GpuStyle.Kernels"] = [],
        ["GpuStyle.Files"] = [],
        ["GpuStyle.WeightsLoader"] = ["GpuStyle.Files"],
        ["GpuStyle.Imaging"] = ["GpuStyle.Files"],
        ["GpuStyle.Network"] = ["GpuStyle.Kernels", "GpuStyle.WeightsLoader"],
        ["GpuStyle.Optimization"] = ["GpuStyle.Network", "GpuStyle.Kernels", "GpuStyle.WeightsLoader"],
        ["gpustyle"] = ["GpuStyle.Optimization", "GpuStyle.Network", "GpuStyle.Kernels", "GpuStyle.WeightsLoader", "GpuStyle.Imaging", "GpuStyle.Files"],
    };

    /// <summary>The package that computes and the package that reads pictures each stay behind one project.</summary>
    static readonly Dictionary<string, string> OnlyUser = new() { ["ILGPU"] = "GpuStyle.Kernels", ["NetVips"] = "GpuStyle.Imaging" };

    public static TheoryData<string> Assemblies => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Assembly_uses_only_what_lies_below_it(string name)
    {
        var used = Assembly.Load(name).GetReferencedAssemblies().Select(a => a.Name!).ToList();
        var ours = used.Where(u => u.StartsWith("GpuStyle.", StringComparison.Ordinal) || u == "gpustyle");
        Assert.Empty(ours.Except(Allowed[name]));
        foreach (var (package, user) in OnlyUser) Assert.False(used.Contains(package) && name != user, $"{name} uses {package}; only {user} may");
    }

    [Fact]
    public void Project_files_follow_the_arrows_too()
    {
        Assert.SkipWhen(SharedFiles.Root is null, "the tests do not run from the repository");
        string[] projects = ["src/Kernels", "src/Network", "src/Optimization", "src/Imaging", "src/Files", "src/Cli", "weights-loader"];
        foreach (string folder in projects)
        {
            string file = Directory.GetFiles(Path.Combine(SharedFiles.Root!, folder), "*.csproj").Single();
            string name = Path.GetFileNameWithoutExtension(file) is var n && n == "GpuStyle.Cli" ? "gpustyle" : n;
            var references = XDocument.Load(file).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));
            Assert.Empty(references.Except(Allowed[name]));
        }
    }
}
