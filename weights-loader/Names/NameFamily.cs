using System.Text.RegularExpressions;

namespace GpuStyle.WeightsLoader;

/// <summary>In which order a file stores a kernel's dimensions.</summary>
[Flags]
enum KernelOrder
{
    /// <summary>[out, in, height, width]: Caffe, Torch, MXNet, ONNX.</summary>
    OutputFirst = 1,

    /// <summary>[height, width, in, out]: TensorFlow, Keras, MatConvNet.</summary>
    OutputLast = 2,

    /// <summary>Either, under names that many programs use: the shape tells, since no layer has as many outputs as a kernel has rows.</summary>
    Either = OutputFirst | OutputLast,
}

/// <summary>How a program, or a family of them, names VGG-19's tensors.</summary>
/// <param name="Name">For people.</param>
/// <param name="Pattern">Takes a tensor's name apart: groups <c>prefix</c>, <c>module</c>, and one of <c>weight</c>, <c>bias</c>, <c>mean</c>, <c>variance</c>.</param>
/// <param name="Order">The order of a kernel's dimensions.</param>
/// <param name="Input">What networks under these names were trained for, where nothing else says it.</param>
/// <param name="Convolutions">The sixteen modules' names.</param>
sealed partial record NameFamily(string Name, Regex Pattern, KernelOrder Order, InputDescription Input, IReadOnlyList<string> Convolutions)
{
    /// <summary>Places in a sequence of modules that counts convolutions, ReLUs and poolings.</summary>
    static readonly string[] Places = Counted([0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]);

    /// <summary>The same with a batch normalisation after each convolution.</summary>
    static readonly int[] NormalisedPlaces = [0, 3, 7, 10, 14, 17, 20, 23, 27, 30, 33, 36, 40, 43, 46, 49];

    /// <summary>The same with a 1x1 convolution at 0 and a padding before each other one.</summary>
    static readonly string[] PaddedPlaces = Counted([2, 5, 9, 12, 16, 19, 22, 25, 29, 32, 35, 38, 42, 45, 48, 51]);

    static readonly string[] Blocks = [.. VggLayers.All.Select(layer => layer.Name)];

    static readonly int[] Numbers = [.. Enumerable.Range(0, VggLayers.All.Count)];

    /// <summary>The names of the batch normalisations that follow the convolutions; null: there are none.</summary>
    public IReadOnlyList<string>? Normalisations { get; init; }

    /// <summary>The name of the 1x1 convolution that turns a picture into the network's input; null: there is none.</summary>
    public string? Preprocessing { get; init; }

    /// <summary>Whether a network under these names may have fewer channels than VGG-19.</summary>
    public bool MayBeNarrower { get; init; }

    /// <summary>Whether a module that has only a number in the tensors' names (group <c>list</c>) is named in the file's texts.</summary>
    public bool NamesInTexts { get; init; }

    /// <summary>What the framework adds to a batch normalisation's variance: 1e-5 in PyTorch and in MXNet's Gluon, whose networks these are.</summary>
    public const double NormalisationEpsilon = 1e-5;

    /// <summary>All families. Of two that fit a file equally well the first is taken.</summary>
    public static IReadOnlyList<NameFamily> All { get; } =
    [
        // conv1_1.weight: Caffe and what was made of its files; conv1_1_w_0: caffe2's ONNX; conv1_1_weight: MXNet's conversions;
        // conv1_1.0: a dictionary of pairs; conv1_1.weights: caffe-tensorflow; conv1_1_W: NumPy archives.
        new("canonical", CanonicalPattern(), KernelOrder.Either, InputDescription.Caffe, Blocks) { MayBeNarrower = true },
        new("torchvision", NumberPattern(), KernelOrder.OutputFirst, InputDescriptions.Torchvision, Places),
        new("torchvision with batch normalisation", NumberPattern(), KernelOrder.OutputFirst, InputDescriptions.Torchvision, Counted(NormalisedPlaces))
        {
            Normalisations = Counted(NormalisedPlaces.Select(place => place + 1)),
        },
        new("encoder with preprocessing (AdaIN, WCT)", NumberPattern(), KernelOrder.OutputFirst, InputDescription.Caffe, PaddedPlaces) { Preprocessing = "0" },
        new("Keras", KerasPattern(), KernelOrder.OutputLast, InputDescription.Caffe, [.. Blocks.Select(name => $"block{name[4]}_conv{name[6]}")]),
        // Keras 3's .weights.h5 counts the layers of a class: conv2d, conv2d_1, ... (keras.src.saving.saving_lib).
        new("Keras 3", Keras3Pattern(), KernelOrder.OutputLast, InputDescription.Caffe, [.. Numbers.Select(n => n == 0 ? "conv2d" : $"conv2d_{n}")]),
        new("MatConvNet", MatConvNetPattern(), KernelOrder.OutputLast, InputDescriptions.CaffeRgb, Blocks) { NamesInTexts = true },
        new("MatConvNet, by place", MatConvNetPattern(), KernelOrder.OutputLast, InputDescriptions.CaffeRgb, Places),
        new("MXNet", MxnetPattern(), KernelOrder.OutputFirst, InputDescriptions.Torchvision, Counted(Numbers, "conv")),
        new("MXNet with batch normalisation", MxnetPattern(), KernelOrder.OutputFirst, InputDescriptions.Torchvision, Counted(Numbers, "conv"))
        {
            Normalisations = Counted(Numbers, "batchnorm"),
        },
    ];

    static string[] Counted(IEnumerable<int> numbers, string before = "") => [.. numbers.Select(number => $"{before}{number}")];

    [GeneratedRegex(@"^(?<prefix>(?:.*[./:])?)(?<module>conv\d+_\d+)[./_](?:(?<weight>weights?|w_0|W|0)|(?<bias>bias(?:es)?|b_0|b|1))$", RegexOptions.CultureInvariant)]
    private static partial Regex CanonicalPattern();

    [GeneratedRegex(@"^(?<prefix>(?:.*\.)?)(?<module>\d+)\.(?:(?<weight>weight)|(?<bias>bias)|(?<mean>running_mean)|(?<variance>running_var))$", RegexOptions.CultureInvariant)]
    private static partial Regex NumberPattern();

    /// <summary>
    /// <c>block1_conv1/block1_conv1_W_1:0</c>, <c>block1_conv1/block1_conv1/kernel:0</c>, <c>model_weights/vgg19/block1_conv1/kernel:0</c>,
    /// <c>layers/block1_conv1/vars/0</c>, <c>block1_conv1/kernel</c>.
    /// </summary>
    [GeneratedRegex(@"^(?<prefix>.*?)(?<module>block\d+_conv\d+)(?:_\d+)?(?:/.*)?(?:[/_](?:(?<weight>kernel|W)|(?<bias>bias|b))(?:_\d+)?(?::0)?|/vars/(?:(?<weight>0)|(?<bias>1)))$", RegexOptions.CultureInvariant)]
    private static partial Regex KerasPattern();

    [GeneratedRegex(@"^(?<prefix>(?:.*/)?)(?<module>conv2d(?:_\d+)?)/vars/(?:(?<weight>0)|(?<bias>1))$", RegexOptions.CultureInvariant)]
    private static partial Regex Keras3Pattern();

    [GeneratedRegex(@"^(?<prefix>(?:.*\.)?)(?<list>layers\[(?<module>\d+)\])\.(?:(?<weight>weights\[0\]|filters)|(?<bias>weights\[1\]|biases))$", RegexOptions.CultureInvariant)]
    private static partial Regex MatConvNetPattern();

    [GeneratedRegex(@"^(?<prefix>.*?vgg\d*_)(?<module>(?:conv|batchnorm)\d+)_(?:(?<weight>weight|gamma)|(?<bias>bias|beta)|(?<mean>running_mean)|(?<variance>running_var))$", RegexOptions.CultureInvariant)]
    private static partial Regex MxnetPattern();
}
