using System.Globalization;
using GpuStyle.Imaging;
using GpuStyle.Kernels;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>Writes a run's pictures, with the settings that made them, and says how the run ended.</summary>
internal sealed class ResultWriter(string target, float[]? alpha, SaveOptions save, object settings)
{
    readonly SaveOptions save = save with { Settings = Json.Line(settings) };

    /// <summary>The picture so far, beside the target: out.png becomes out-0050.png.</summary>
    public void Intermediate(Iterate iterate) =>
        PictureFile.Save(Beside(iterate.Iteration.ToString("d4", CultureInfo.InvariantCulture)), new Picture(iterate.Width, iterate.Height, iterate.Picture()), save);

    /// <summary>Saves the result and returns the exit code.</summary>
    public int Finish(TransferResult result, bool json, Device device)
    {
        var picture = new Picture(result.Width, result.Height, result.Rgb, alpha);
        if (result.Diverged)
        {
            string kept = Beside("last-good");
            PictureFile.Save(kept, picture, save);
            throw new UserErrorException($"the loss is no longer a finite number after {result.Last?.Iteration ?? 0} iterations; the best picture so far is in {kept}. Lower --learning-rate, --style-weight or --content-weight.");
        }
        if (PictureFile.Save(target, picture, save).AlphaFlattened) Console.Error.WriteLine($"{target} cannot hold transparency: the picture was laid on white. Use .png to keep it.");
        if (json)
            Console.WriteLine(Json.Line(new
            {
                output = target,
                result.Width,
                result.Height,
                result.Interrupted,
                iterations = result.Last?.Iteration ?? 0,
                seconds = result.Last?.Seconds ?? 0,
                losses = result.Last?.Losses,
                device = device.Name,
                synchronizations = device.Synchronizations,
            }));
        else
            Console.WriteLine($"{target}: {result.Width}x{result.Height}, {result.Last?.Iteration ?? 0} iterations in {RunProgress.Duration(result.Last?.Seconds ?? 0)} on {device.Name}{(result.Interrupted ? ", interrupted" : "")}");
        return result.Interrupted ? CommandTree.Interrupted : CommandTree.Done;
    }

    string Beside(string suffix) => Path.Combine(Path.GetDirectoryName(target) ?? "", $"{Path.GetFileNameWithoutExtension(target)}-{suffix}{Path.GetExtension(target)}");
}
