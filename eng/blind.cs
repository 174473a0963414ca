#!/usr/bin/env dotnet
#:property RestorePackagesWithLockFile=false
#:property PublishAot=false

// Blind choices between pictures.
//
//     dotnet run eng/blind.cs -- make OUT KEY [--viewers N] [--seed N] < CHOICES
//     dotnet run eng/blind.cs -- count KEY ANSWERS1 ANSWERS2 ...
//
// CHOICES has a line for each choice: PHOTOGRAPH PAINTING NAME=PICTURE NAME=PICTURE...
// make copies the pictures of each choice to OUT/VIEWER/01, OUT/VIEWER/02 and so on, as 1.png, 2.png and so on, in a random order that
// begins with another picture for each viewer in turn (3 viewers unless said otherwise): of pictures that are alike, viewers tend to take
// the one they see first.
// KEY gets the names of the pictures in those orders; viewers must not see it.
// A viewer's ANSWERS, the first viewer's first, have a line for each choice: its number, then the pictures' numbers, the best first, such
// as "03 2 1".
// count prints how often each name was ranked before each other one, and how often the picture seen first was the best.

using System.Globalization;

if (args is ["make", var outFolder, var keyFile, .. var options])
{
    int Option(string name, int otherwise) =>
        Array.IndexOf(options, name) is >= 0 and var at ? int.Parse(options[at + 1], CultureInfo.InvariantCulture) : otherwise;
    int viewers = Option("--viewers", 3);
    var random = new Random(Option("--seed", 1));
    var key = new List<string>();
    int number = 0;
    while (Console.ReadLine() is { } line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) continue;
        if (words.Length < 4 || words[2..].Any(w => w.IndexOf('=') < 1)) return Wrong($"'{line}' has no two NAME=PICTURE to choose from");
        string[] pictures = words[2..];
        string choice = (++number).ToString("00", CultureInfo.InvariantCulture);
        random.Shuffle(pictures);
        for (int viewer = 1; viewer <= viewers; viewer++)
        {
            // Each picture comes first as often as any other, as far as the number of viewers allows.
            string[] order = [.. pictures[(viewer % pictures.Length)..], .. pictures[..(viewer % pictures.Length)]];
            string folder = Directory.CreateDirectory(Path.Combine(outFolder, $"{viewer}", choice)).FullName;
            Copy(words[0], folder, "photograph");
            Copy(words[1], folder, "painting");
            for (int i = 0; i < order.Length; i++) Copy(order[i][(order[i].IndexOf('=') + 1)..], folder, $"{i + 1}");
            key.Add($"{viewer}/{choice} {string.Join(' ', order.Select(p => p[..p.IndexOf('=')]))}");
        }
    }
    File.WriteAllLines(keyFile, key);
    Console.WriteLine($"{number} choices for {viewers} viewers in {outFolder}; the key is {keyFile}");
    return 0;
}
if (args is ["count", var from, .. { Length: > 0 } answers])
{
    var names = File.ReadLines(from).Select(l => l.Split(' ')).ToDictionary(w => w[0], w => w[1..]);
    var counts = new SortedDictionary<(string, string), (int Before, int Of)>();
    int first = 0, all = 0;
    for (int viewer = 1; viewer <= answers.Length; viewer++)
        foreach (string line in File.ReadLines(answers[viewer - 1]))
        {
            string[] words = line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0) continue;
            if (!names.TryGetValue($"{viewer}/{words[0]}", out var shown))
                return Wrong($"{answers[viewer - 1]}: there is no choice {words[0]}");
            string[] ranked = [.. words[1..].Select(w => shown[int.Parse(w, CultureInfo.InvariantCulture) - 1])];
            if (ranked.Distinct().Count() != shown.Length)
                return Wrong($"{answers[viewer - 1]}: choice {words[0]} ranks {ranked.Length} of {shown.Length}");
            all++;
            if (ranked[0] == shown[0]) first++;
            for (int i = 0; i < ranked.Length; i++)
                for (int j = 0; j < ranked.Length; j++)
                    if (i != j)
                    {
                        var (before, of) = counts.GetValueOrDefault((ranked[i], ranked[j]));
                        counts[(ranked[i], ranked[j])] = (before + (i < j ? 1 : 0), of + 1);
                    }
        }
    foreach (var ((one, other), (before, of)) in counts) Console.WriteLine($"{one} before {other}: {before} of {of}");
    Console.WriteLine($"The picture seen first was the best: {first} of {all}");
    return 0;
}
return Wrong("make OUT KEY [--viewers N] [--seed N] < CHOICES, or count KEY ANSWERS1 ANSWERS2 ...");

static void Copy(string picture, string folder, string name) =>
    File.Copy(picture, Path.Combine(folder, name + Path.GetExtension(picture)), overwrite: true);

static int Wrong(string what)
{
    Console.Error.WriteLine($"blind: {what}");
    return 2;
}
