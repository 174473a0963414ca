using GpuStyle.Cli;

namespace GpuStyle.Tests.Cli;

/// <summary>Words on the command line that are wrong: one line that names the word and says what would be right.</summary>
[Trait("Needs", "processes")]
public sealed class BadArgumentTests : CliTest
{
    [Theory]
    [InlineData("--size", "-3", "from 0 to 100000")]
    [InlineData("--size", "large", "whole number")]
    [InlineData("--size", "10000000000", "from 0 to 100000")]
    [InlineData("--size", "64.5", "whole number")]
    [InlineData("--preset", "gatys", "gatys2016")]
    [InlineData("--device", "tpu", "this machine has cpu")]
    [InlineData("--device", "cuda:99", "this machine has cpu")]
    [InlineData("--style-layers", "relu6_1", "relu1_1, relu1_2")]
    [InlineData("--content-layers", "conv4_2", "relu4_2")]
    [InlineData("--content-layers", "relu4_2:-1", "0 or more such as relu1_1:0.5")]
    [InlineData("--style-layers", "relu1_1,relu2_1,relu1_1", "each layer once; relu1_1")]
    [InlineData("--content-weight", "-1", "0 or more")]
    [InlineData("--style-weight", "heavy", "a number")]
    [InlineData("--tv-weight", "NaN", "a number")]
    [InlineData("--learning-rate", "0", "above 0")]
    [InlineData("--iterations", "0", "from 1")]
    [InlineData("--history", "0", "from 1")]
    [InlineData("--schedule", "steps", "constant, linear, cosine")]
    [InlineData("--schedule", "cosine", "use --optimizer adam")]
    [InlineData("--average-decay", "1", "below 1")]
    [InlineData("--until", "0.1", "0.1%")]
    [InlineData("--until", "100%", "below 100")]
    [InlineData("--optimizer", "sgd", "lbfgs, adam")]
    [InlineData("--pooling", "median", "average, max")]
    [InlineData("--scales", "0", "auto or a whole number")]
    [InlineData("--scales", "5", "use fewer scales")]
    [InlineData("--block-size", "8", "auto or a whole number from 16")]
    [InlineData("--block-size", "small", "auto or a whole number from 16")]
    [InlineData("--max-memory", "lots", "4GB")]
    [InlineData("--save-every", "0", "1 or more")]
    [InlineData("--bits", "7", "from 8 to 16")]
    [InlineData("--threads", "-1", "from 0")]
    [InlineData("--precision", "fp8", "auto, fp32, tf32, fp16")]
    public void Values(string option, string value, string advice) => TransferRefused([option, value], option == "--device" ? value : option, advice);

    [Fact]
    public void Precision_that_the_device_lacks() => TransferRefused(["--device", "cpu", "--precision", "fp16"], "'cpu' cannot compute in fp16", "auto or fp32");

    [Fact]
    public void Nothing_to_do() => TransferRefused(["--content-weight", "0", "--style-weight", "0"], "--content-weight and --style-weight", "above 0");

    [Fact]
    public void Layer_of_reconstruct() => Refused(["reconstruct", "content.png", .. Options("--layer", "relu4_9")], "--layer 'relu4_9'", "relu4_2");

    [Fact]
    public void Layers_deeper_than_the_weights() => TransferRefused(["--content-layers", "relu4_2"], "shallow.safetensors", "ends at conv2_1", "needs conv4_2");

    [Theory]
    [InlineData("There is no option --frobnicate.", "gpustyle transfer --help", "transfer", "content.png", "style.png", "-o", "out.png", "--frobnicate", "3")]
    [InlineData("There is no option --iteratons; did you mean --iterations?", "gpustyle transfer --help", "transfer", "content.png", "style.png", "-o", "out.png", "--iteratons=3")]
    [InlineData("There is no option --gpu.", "gpustyle bench --help", "bench", "--gpu")]
    [InlineData("There is no command 'transfre'; did you mean transfer?", "gpustyle --help", "transfre", "content.png")]
    [InlineData("There is no command 'transfr'; did you mean transfer?", "gpustyle --help", "transfr", "content.png", "style.png", "-o", "out.png")]
    [InlineData("There is no option --frobnicate.", "gpustyle weights --help", "weights", "--frobnicate")]
    [InlineData("There is no command 'fetch': use one of list, get, inspect, convert.", "gpustyle weights --help", "weights", "fetch")]
    [InlineData("The command is missing: use one of transfer, texture", "gpustyle --help")]
    [InlineData("'transfer' lacks CONTENT: the photograph.", "gpustyle transfer --help", "transfer")]
    [InlineData("'transfer' lacks STYLE: the painting", "gpustyle transfer --help", "transfer", "content.png", "-o", "out.png")]
    [InlineData("'transfer' lacks -o OUT: the picture to write", "gpustyle transfer --help", "transfer", "content.png", "style.png")]
    [InlineData("--output lacks its value OUT", "gpustyle transfer --help", "transfer", "content.png", "style.png", "-o")]
    [InlineData("--output lacks its value OUT, since --size follows", "gpustyle transfer --help", "transfer", "content.png", "style.png", "-o", "--size", "64")]
    [InlineData("--weights lacks its value PATH|NAME, since --device follows", "gpustyle transfer --help", "transfer", "content.png", "style.png", "-o", "out.png", "--weights", "--device", "cpu")]
    [InlineData("--content-mask lacks its value FILE, since --style-mask=x follows", "gpustyle transfer --help", "transfer", "content.png", "style.png", "-o", "out.png", "--content-mask", "--style-mask=x")]
    [InlineData("--settings lacks its value FILE.json, since --size follows", "gpustyle transfer --help", "transfer", "content.png", "style.png", "-o", "out.png", "--settings", "--size", "64")]
    [InlineData("--vary lacks its value OPTION[=V,...], since -o follows", "gpustyle sheet --help", "sheet", "content.png", "style.png", "--vary", "-o", "x.png")]
    [InlineData("--size is given 2 times; give it once.", "gpustyle transfer --help", "transfer", "content.png", "style.png", "-o", "out.png", "--size", "1", "--size", "2")]
    [InlineData("'get' lacks NAME", "gpustyle weights get --help", "weights", "get")]
    [InlineData("'more' is one word too many.", "gpustyle demo --help", "demo", "more")]
    [InlineData("--size 15x300 is too small", "at least 16 px", "bench", "--size", "15x300")]
    [InlineData("--size '3x3x3' is wrong", "640x480", "bench", "--size", "3x3x3")]
    public void Words(string message, string advice, params string[] arguments) => Refused(arguments, message, advice);

    [Fact]
    public void Every_option_of_every_command_that_lacks_its_value_is_named()
    {
        var root = CommandTree.Root();
        int named = 0;
        foreach (var command in root.Subcommands.SelectMany(c => c.Subcommands.Count > 0 ? c.Subcommands : [c]))
            foreach (var option in command.Options.Where(o => o.Arity.MinimumNumberOfValues > 0))
                foreach (string name in option.Aliases.Append(option.Name))
                    foreach (string next in command.Options.SelectMany(o => o.Aliases.Append(o.Name)))
                    {
                        string[] words = [.. command.Parents.OfType<System.CommandLine.Command>().Where(p => p != root).Select(p => p.Name), command.Name, name, next, "x"];
                        Assert.StartsWith($"{option.Name} lacks its value", ParseProblems.Lacking(CommandTree.Parse(root, words), words));
                        Assert.Null(ParseProblems.Lacking(CommandTree.Parse(root, [command.Name, "--", name, next]), [command.Name, "--", name, next]));
                        named++;
                    }
        Assert.True(named > 1000, $"only {named} pairs of options were tried");
    }

    [Fact]
    public void Files_may_begin_with_a_dash_behind_two_dashes() => Refused(["texture", "-o", "out.png", "--", "--style.png"], "--style.png", "no such file");

    [Theory]
    [InlineData("")]
    [InlineData("transfer", "texture", "reconstruct", "evaluate", "plan", "demo", "bench", "devices", "weights")]
    public void Help_is_no_mistake(params string[] commands)
    {
        foreach (string command in commands)
        {
            // Its own process, since help names the program that it is.
            var help = Outcome.OfProcess(folder[""], [.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
            Assert.Equal((0, ""), (help.Code, help.Error));
            Assert.Contains($"gpustyle {command}".TrimEnd(), help.Output);
        }
    }
}
