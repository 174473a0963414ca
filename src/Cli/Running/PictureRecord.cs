using System.Text.Json;
using System.Text.Json.Nodes;
using GpuStyle.Imaging;
using GpuStyle.Optimization;

namespace GpuStyle.Cli.Running;

/// <summary>The record that a picture carries (<see cref="RunRecord"/>), read with care: the picture may come from anywhere.</summary>
internal sealed class PictureRecord
{
    readonly string picture;
    readonly JsonObject json;

    /// <exception cref="UserErrorException">There is none, or none that this version can run again.</exception>
    public PictureRecord(string picture)
    {
        this.picture = picture;
        string text = PictureFile.ReadSettings(picture)
            ?? throw new UserErrorException($"{picture} carries no settings: gpustyle has not written it, or another program has dropped them; name a picture as gpustyle wrote it.");
        try
        {
            json = JsonNode.Parse(text)?.AsObject() ?? throw new JsonException();
            Version = (string?)json["version"] ?? "";
            int format = (int?)json["format"] ?? 0;
            if (format > RunRecord.Newest) throw Newer("settings");
            if (format < 1) throw new UserErrorException($"{picture} was made by an early gpustyle that did not keep enough to run it again; make it again with its own command.");
            Command = (string?)json["command"] ?? throw new JsonException();
            Options = json["options"]!.AsObject();
            // No picture says what files of its reader's are written.
            foreach (string key in RunRecord.Aside) Options.Remove(key);
            // A strength was a number of halvings, in any preset.
            if (format == 1 && Options["strength"] is { } halvings)
            {
                Options.Remove("strength");
                if ((string?)json["preset"]?["name"] == "paint") Options["strength"] = 50 * (double)halvings;
            }
            Asked = json["asked"]?.AsObject() ?? [];
            if (format < 3) Lagged = DropLag() && Command != "demo";
            Stopped = (int?)json["stopped"];
            WeightsHash = (string?)json["weightsHash"];
            Files = json["files"]?.AsObject().ToDictionary(f => f.Key, f => (string)f.Value!) ?? [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or NullReferenceException or ArgumentException)
        {
            throw new UserErrorException($"{picture} carries settings that cannot be read; name a picture as gpustyle wrote it.");
        }
    }

    public string Version { get; }

    public string Command { get; }

    /// <summary>A settings file, relative to the picture's folder.</summary>
    public JsonObject Options { get; }

    /// <summary>What was asked for of the options that the run had to choose otherwise.</summary>
    public JsonObject Asked { get; }

    public int? Stopped { get; }

    /// <summary>
    /// Whether gradients served several evaluations, which no version does any more: the picture made again is a slightly different one.
    /// </summary>
    public bool Lagged { get; }

    public string? WeightsHash { get; }

    public Dictionary<string, string> Files { get; }

    /// <summary>The preset as it was.</summary>
    /// <exception cref="UserErrorException">It has figures that this version does not know.</exception>
    public Preset Preset
    {
        get
        {
            try
            {
                var preset = Json.Read<Preset>(json["preset"]!.ToJsonString());
                return preset is { Objective: not null, Optimizer: not null } ? preset : throw new JsonException();
            }
            catch (Exception e) when (e is JsonException or NullReferenceException)
            {
                throw Newer("a preset");
            }
        }
    }

    /// <summary>Takes the lag, which went with format 3, out of what is recorded; returns whether there was one.</summary>
    bool DropLag()
    {
        double lag = (double?)Options["lag"] ?? (double?)json["preset"]?["optimizer"]?["lag"] ?? 1;
        Options.Remove("lag");
        Asked.Remove("lag");
        (json["preset"]?["optimizer"] as JsonObject)?.Remove("lag");
        return lag > 1;
    }

    /// <summary>What to say of something that this version cannot do.</summary>
    public UserErrorException Newer(string what) =>
        new($"{picture} was made by gpustyle {Version} with {what} that this version, {Versions.Own}, does not know; use that version or a newer one.");
}
