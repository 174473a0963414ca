using System.CommandLine;

namespace GpuStyle.Cli;

/// <summary>An option that knows how its value is written in a settings file.</summary>
internal interface IValueOption
{
    /// <summary>The value in JSON.</summary>
    JsonForm Form { get; }
}

/// <inheritdoc cref="IValueOption"/>
internal sealed class ValueOption<T>(string name, JsonForm form) : Option<T>(name), IValueOption
{
    public JsonForm Form { get; } = form;
}
