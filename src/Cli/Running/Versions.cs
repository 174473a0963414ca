using System.Reflection;

namespace GpuStyle.Cli.Running;

/// <summary>This program's version.</summary>
internal static class Versions
{
    public static string Own { get; } = typeof(Versions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
}
