using System.CommandLine;
using GpuStyle.Cli.Running;

namespace GpuStyle.Cli.Commands.Weights;

/// <summary><c>weights get</c>: a known file into the cache folder, from its publisher or from this machine.</summary>
internal static class GetCommand
{
    public static Command Make()
    {
        var name = new Argument<string>("NAME") { Description = "a name from 'weights list'" };
        var from = Values.Text("--from", "FILE", "copy it from here instead of downloading it; the hash tells whether it is the one");
        var command = new Command("get", "put a known file into the cache folder: downloaded, resumed where it broke off, its hash checked") { name, from };
        command.SetAction(async (parsed, cancellation) =>
        {
            var store = WeightsCommand.Store();
            if (parsed.GetValue(from) is { } file)
            {
                var (path, hash) = await store.ImportAsync(parsed.GetRequiredValue(name), file, cancellation).ConfigureAwait(false);
                return OutputPicture.Announce(path, $"{path} ({hash} checked)");
            }
            using var bar = new DownloadBar();
            string got = await store.GetAsync(parsed.GetRequiredValue(name), bar, cancellation).ConfigureAwait(false);
            return OutputPicture.Announce(got, got);
        });
        return command;
    }
}
