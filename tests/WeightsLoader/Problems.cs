using GpuStyle.WeightsLoader;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>What is asked of every message: one line that names the file and says what the test expects.</summary>
static class Problems
{
    public static void Expect(string path, string expected, Action action)
    {
        string message = Assert.Throws<WeightsException>(action).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.True(message.Length < 600, message);
    }
}
