using GpuStyle.Tests.Support;
using GpuStyle.WeightsLoader;
using static GpuStyle.Tests.WeightsLoader.VggTensorSamples;

namespace GpuStyle.Tests.WeightsLoader;

/// <summary>How a network's input is decided: by the caller, the file's texts, its preprocessing convolution, conv1_1 itself, or the names.</summary>
public sealed class InputChoiceTests
{
    static readonly NamedNetwork Torchvision = new(i => $"{Torch(i)}.weight", i => $"{Torch(i)}.bias");
    static readonly NamedNetwork Encoder = new(i => $"{new[] { 2, 5, 9 }[i]}.weight", i => $"{new[] { 2, 5, 9 }[i]}.bias");
    static readonly float[] CaffeBias = [-103.939f, -116.779f, -123.68f];

    [Fact]
    public void Names_decide_where_nothing_else_does()
    {
        Assert.Equal((InputDescriptions.Torchvision, "torchvision"), Choice(Torchvision.File(1), "usual under names of this kind (torchvision)"));
        var matConvNet = new NamedNetwork(i => $"layers[{i}].weights[0]", i => $"layers[{i}].weights[1]", true);
        Assert.Equal((InputDescriptions.CaffeRgb, "caffe-rgb"), Choice(matConvNet.File(1), "MatConvNet"));
        Assert.Equal((InputDescription.Caffe, "caffe"), Choice(new NamedNetwork(i => "block1_conv1/kernel", i => "block1_conv1/bias", true).File(1), "Keras"));
    }

    [Fact]
    public void The_caller_comes_first_then_the_file_s_texts()
    {
        var file = Torchvision.File(1).Say(InputDescriptions.MetadataKey, InputDescriptions.ToJson(InputDescription.Caffe));
        Assert.Equal(ChannelOrder.Bgr, Make(file).Input.Order);
        Assert.Contains("metadata", Make(file).Reason, StringComparison.Ordinal);
        Assert.Same(InputDescriptions.CaffeRgb, Make(file, InputDescriptions.CaffeRgb).Input);
        Assert.Same(InputDescriptions.CaffeRgb, WeightFile.Read(file, InputDescriptions.CaffeRgb).Input);
    }

    /// <summary>vgg19-d01eb7cb.pth and vgg19-74e45263.pth: Caffe's weights under torchvision's names.</summary>
    [Fact]
    public void The_Caffe_training_is_known_under_any_names_and_in_any_precision()
    {
        var real = WeightFile.Load(SharedFiles.Require("weights/vgg19-caffe.safetensors")).Layers.Take(2).ToArray();
        Caffe(real[0]);
        Caffe(real[0] with { Kernel = Array.ConvertAll(real[0].Kernel, v => (float)(Half)v), Bias = Array.ConvertAll(real[0].Bias, v => (float)(Half)v) });
        Caffe(real[0] with { Kernel = EightBits(real[0].Kernel), Bias = EightBits(real[0].Bias) });
        double[] scales = [.. Enumerable.Range(0, 64).Select(i => 0.01 + i * 0.03)];
        Caffe(real[0] with { Kernel = [.. real[0].Kernel.Select((v, i) => (float)(v * scales[i / 27]))], Bias = [.. real[0].Bias.Select((v, i) => (float)(v * scales[i]))] });
        var exchanged = real[0] with { Kernel = [.. real[0].Kernel.Select((_, i) => real[0].Kernel[i / 27 * 27 + (2 - i % 27 / 9) * 9 + i % 9])] };
        var (input, reason) = Make(Torchvision.File([exchanged]));
        Assert.Same(InputDescriptions.CaffeRgb, input);
        Assert.Contains("red and blue exchanged", reason, StringComparison.Ordinal);
        // Not for pictures in 0..1: their kernels are 255 times as large, their biases as they were.
        Assert.Same(InputDescriptions.Torchvision, Make(Torchvision.File([real[0] with { Kernel = Array.ConvertAll(real[0].Kernel, v => 255 * v) }])).Input);
        // Nor is the second layer's start taken for the first's.
        Assert.Same(InputDescriptions.Torchvision, Make(Torchvision.File([real[0] with { Kernel = real[1].Kernel[..1728], Bias = real[1].Bias }])).Input);

        static void Caffe(ConvolutionWeights first)
        {
            var (input, reason) = Make(Torchvision.File([first]));
            Assert.Same(InputDescription.Caffe, input);
            Assert.Equal("conv1_1 is that of the Caffe training", reason);
        }
    }

    [Fact]
    public void A_preprocessing_convolution_becomes_the_input()
    {
        var file = Encoder.File(3).Add("0.weight", [3, 3, 1, 1], [0, 0, 255, 0, 255, 0, 255, 0, 0]).Add("0.bias", [3], CaffeBias);
        var (input, reason) = Make(file);
        Assert.Equal((InputDescription.Caffe.Order, "103.939 116.779 123.68", "1 1 1"), (input.Order, string.Join(' ', input.Mean), string.Join(' ', input.Scale)));
        Assert.Contains("preprocessing convolution '0.weight'", reason, StringComparison.Ordinal);
        // In general: input = factor v / 255 + bias.
        (input, _) = Make(Encoder.File(1).Add("0.weight", [3, 3, 1, 1], [2, 0, 0, 0, -4, 0, 0, 0, 8]).Add("0.bias", [3], [1, 2, -3]));
        Assert.Equal(ChannelOrder.Rgb, input.Order);
        for (int c = 0; c < 3; c++)
            foreach (double v in new double[] { 0, 77, 255 })
                Assert.Equal(new[] { 2, -4, 8 }[c] * v / 255 + new[] { 1, 2, -3 }[c], input.Scale[c] * (v - input.Mean[c]), 1e-12);
    }

    [Theory]
    [InlineData("0 0 255 0 255 0 255 1 0")]
    [InlineData("0 255 0 0 255 0 255 0 0")]
    [InlineData("0 255 0 255 0 0 0 0 255")]
    [InlineData("0 0 0 0 255 0 255 0 0")]
    [InlineData("0 0 255 0 Infinity 0 255 0 0")]
    public void A_preprocessing_convolution_that_does_more_is_refused_by_name(string weights)
    {
        float[] values = [.. weights.Split(' ').Select(w => w == "Infinity" ? float.PositiveInfinity : float.Parse(w, System.Globalization.CultureInfo.InvariantCulture))];
        var file = Encoder.File(1).Add("0.weight", [3, 3, 1, 1], values).Add("0.bias", [3], CaffeBias);
        Problems.Expect("memory/file.any", "preprocessing convolution, '0.weight' and '0.bias', that does more", () => WeightFile.Read(file));
    }

    [Fact]
    public void A_preprocessing_convolution_of_another_shape_is_refused()
    {
        var file = Encoder.File(1).Add("0.weight", [3, 3, 2, 2], new float[36]);
        Problems.Expect("memory/file.any", "'0.weight', that is not a 1x1 convolution", () => WeightFile.Read(file));
    }

    static float[] EightBits(float[] values)
    {
        float least = values.Min(), step = (values.Max() - least) / 255;
        return Array.ConvertAll(values, v => least + step * MathF.Round((v - least) / step));
    }

    static InputChoice Make(MemoryTensors file, InputDescription? named = null)
    {
        var tensors = VggCheck.Require(file);
        return InputChoice.Make(file, tensors, VggReader.Read(file, tensors, 0), named);
    }

    static (InputDescription, string) Choice(MemoryTensors file, string reason)
    {
        var choice = Make(file);
        Assert.Contains(reason, choice.Reason, StringComparison.Ordinal);
        return (choice.Input, InputDescriptions.Named.Single(named => named.Value == choice.Input).Key);
    }
}
