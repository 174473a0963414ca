#!/usr/bin/env dotnet
#:property RestorePackagesWithLockFile=false
#:property PublishAot=false

// Blind choices between pictures.
//
//     dotnet run eng/blind.cs -- make OUT KEY [--seed N] < CHOICES
//     dotnet run eng/blind.cs -- count KEY ANSWERS...
//
// CHOICES has a line for each choice: PHOTOGRAPH PAINTING NAME=PICTURE NAME=PICTURE...
// make copies the pictures of each choice to OUT/01, OUT/02 and so on, in random order, as 1.png, 2.png and so on.
// KEY gets the names of the pictures in that order; viewers must not see it.
// A viewer's ANSWERS has a line for each choice: its number, then the pictures' numbers, the best first, such as "03 2 1".
// count prints how often each name was ranked before each other one.

using System.Globalization;

if (args is ["make", var outFolder, var keyFile, ..])
{
    int seed = args is [_, _, _, "--seed", var text, ..] ? int.Parse(text, CultureInfo.InvariantCulture) : 1;
    var random = new Random(seed);
    var key = new List<string>();
    int number = 0;
    while (Console.ReadLine() is { } line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) continue;
        if (words.Length < 4 || words[2..].Any(w => w.IndexOf('=') < 1)) return Wrong($"'{line}' has no two NAME=PICTURE to choose from");
        string[] pictures = words[2..];
        random.Shuffle(pictures);
        string name = (++number).ToString("00", CultureInfo.InvariantCulture);
        string folder = Directory.CreateDirectory(Path.Combine(outFolder, name)).FullName;
        Copy(words[0], folder, "photograph");
        Copy(words[1], folder, "painting");
        for (int i = 0; i < pictures.Length; i++) Copy(pictures[i][(pictures[i].IndexOf('=') + 1)..], folder, $"{i + 1}");
        key.Add($"{name} {string.Join(' ', pictures.Select(p => p[..p.IndexOf('=')]))}");
    }
    File.WriteAllLines(keyFile, key);
    Console.WriteLine($"{number} choices in {outFolder}; the key is {keyFile}");
    return 0;
}
if (args is ["count", var from, .. { Length: > 0 } answers])
{
    var names = File.ReadLines(from).Select(l => l.Split(' ')).ToDictionary(w => w[0], w => w[1..]);
    var counts = new SortedDictionary<(string, string), (int Before, int Of)>();
    foreach (string answer in answers)
        foreach (string line in File.ReadLines(answer))
        {
            string[] words = line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0) continue;
            if (!names.TryGetValue(words[0], out var shown)) return Wrong($"{answer}: there is no choice {words[0]}");
            string[] ranked = [.. words[1..].Select(w => shown[int.Parse(w, CultureInfo.InvariantCulture) - 1])];
            if (ranked.Distinct().Count() != shown.Length)
                return Wrong($"{answer}: choice {words[0]} ranks {ranked.Length} of {shown.Length}");
            for (int i = 0; i < ranked.Length; i++)
                for (int j = 0; j < ranked.Length; j++)
                    if (i != j)
                    {
                        var (before, of) = counts.GetValueOrDefault((ranked[i], ranked[j]));
                        counts[(ranked[i], ranked[j])] = (before + (i < j ? 1 : 0), of + 1);
                    }
        }
    foreach (var ((one, other), (before, of)) in counts) Console.WriteLine($"{one} before {other}: {before} of {of}");
    return 0;
}
return Wrong("make OUT KEY < CHOICES, or count KEY ANSWERS...");

static void Copy(string picture, string folder, string name) =>
    File.Copy(picture, Path.Combine(folder, name + Path.GetExtension(picture)), overwrite: true);

static int Wrong(string what)
{
    Console.Error.WriteLine($"blind: {what}");
    return 2;
}
