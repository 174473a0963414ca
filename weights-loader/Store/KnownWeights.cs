namespace GpuStyle.WeightsLoader;

/// <summary>
/// The published files of VGG-19's weights. A hash stands here only where its publisher gave it; where none does, the file is
/// checked against the hash that the publisher's server sends with it, or not downloaded.
/// </summary>
public static class KnownWeights
{
    const string CcBy = "CC BY 4.0", Bsd = "BSD-3-Clause", Apache = "Apache-2.0";
    const string Caffe = "Simonyan and Zisserman's training (Caffe input: BGR, 0..255)";
    const string Torch = "torchvision's training (RGB, 0..1, normalised)";

    /// <summary>
    /// All of them. First the smallest that has the Caffe training, which people who compared them prefer for style: MD5 is the only hash
    /// that its publisher gives. It proves that the file arrived whole, not that nobody exchanged it on purpose; for that stands TLS.
    /// </summary>
    public static IReadOnlyList<KnownWeightFile> All { get; } =
    [
        Make("vgg19-keras", "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5", "Keras",
            "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
            TensorFiles.Hdf5, CcBy, $"{Caffe}; convolutions only", 80_134_624, Md5("253f8cb515780f3b799900260a226db6")),
        Make("vgg19-caffe", "VGG_ILSVRC_19_layers.caffemodel", "Visual Geometry Group, Oxford",
            "https://www.robots.ox.ac.uk/~vgg/software/very_deep/caffe/VGG_ILSVRC_19_layers.caffemodel",
            TensorFiles.Caffemodel, CcBy, $"{Caffe}; the original", 574_671_192, Sha1("239785e7862442717d831f682bb824055e51e9ba")),
        Make("vgg19-gatys", "vgg_normalised.caffemodel", "Bethge lab, Tuebingen",
            "https://bethgelab.org/media/uploads/deeptextures/vgg_normalised.caffemodel",
            TensorFiles.Caffemodel, CcBy, $"{Caffe}; normalised by Gatys; about 80 MB; reported down"),
        Make("vgg19-gatys-pth", "vgg_conv.pth", "Bethge lab, Tuebingen",
            "https://bethgelab.org/media/uploads/pytorch_models/vgg_conv.pth",
            TensorFiles.PyTorch, "not stated", $"{Caffe}; not normalised, float64, about 160 MB; reported down"),
        Make("vgg19-torchvision", "vgg19-dcbb9e9d.pth", "PyTorch",
            "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
            TensorFiles.PyTorch, Bsd, Torch, 574_673_361, Sha256("dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44")),
        Make("vgg19-bn-torchvision", "vgg19_bn-c79401a0.pth", "PyTorch",
            "https://download.pytorch.org/models/vgg19_bn-c79401a0.pth",
            TensorFiles.PyTorch, Bsd, $"{Torch}; with batch normalisation", 574_769_405, Sha256("c79401a0cf3cb42714e4182f5868c7a6f4f4534f5df9e956e2bb2098de41cbb6")),
        Make("vgg19-jcjohnson", "vgg19-d01eb7cb.pth", "Justin Johnson",
            "https://web.eecs.umich.edu/~justincj/models/vgg19-d01eb7cb.pth",
            TensorFiles.PyTorch, CcBy, $"{Caffe}; torchvision's names", null, Sha256("d01eb7cb")),
        Make("vgg19-pystiche", "vgg19-74e45263.pth", "pystiche",
            "https://download.pystiche.org/models/vgg19-74e45263.pth",
            TensorFiles.PyTorch, "its LICENSE file", $"{Caffe}; torchvision's names", null, Sha256("74e45263")),
        Make("vgg19-keras-top", "vgg19_weights_tf_dim_ordering_tf_kernels.h5", "Keras",
            "https://storage.googleapis.com/tensorflow/keras-applications/vgg19/vgg19_weights_tf_dim_ordering_tf_kernels.h5",
            TensorFiles.Hdf5, CcBy, $"{Caffe}; with the classifier", 574_710_816, Md5("cbe5617147190e668d6c5d5026f83318")),
        Make("vgg19-matconvnet", "imagenet-vgg-verydeep-19.mat", "MatConvNet",
            "https://www.vlfeat.org/matconvnet/models/imagenet-vgg-verydeep-19.mat",
            TensorFiles.Matlab, CcBy, "Simonyan and Zisserman's training, channels turned to RGB, 0..255", 534_904_783, Md5("106118b7cf60435e6d8e04f6a6dc3657")),
        Make("vgg19-onnx", "vgg19-7.onnx", "ONNX model zoo",
            "https://github.com/onnx/models/raw/main/validated/vision/classification/vgg/model/vgg19-7.onnx",
            TensorFiles.Onnx, Apache, "MXNet's training (RGB, 0..1, normalised)", 574_677_321, Sha256("692f9f927f1df1b89033787a77a73eac59fd9b3344f9ecdf0b13221e41c2046f")),
        Make("vgg19-bn-onnx", "vgg19-bn-7.onnx", "ONNX model zoo",
            "https://github.com/onnx/models/raw/main/validated/vision/classification/vgg/model/vgg19-bn-7.onnx",
            TensorFiles.Onnx, Apache, "MXNet's training; with batch normalisation", 574_774_380, Sha256("ce0987dfa6228ad29708013f38b7f73cbc14ca6066a05fc22ee49b35871c63ed")),
        Make("vgg19-caffe2-onnx", "vgg19-caffe2-9.onnx", "ONNX model zoo",
            "https://github.com/onnx/models/raw/main/validated/vision/classification/vgg/model/vgg19-caffe2-9.onnx",
            TensorFiles.Onnx, Apache, Caffe, 574_674_712, Sha256("cfb97260b303ad3963999662456571b89c5f73dbdd2fd9dffd19fed7a90f766b")),
        Make("vgg19-timm", "vgg19.tv_in1k.safetensors", "timm (Hugging Face)",
            "https://huggingface.co/timm/vgg19.tv_in1k/resolve/main/model.safetensors",
            TensorFiles.Safetensors, Bsd, $"{Torch}; about 575 MB with the classifier") with
        {
            HashHeader = "X-Linked-ETag",
        },
    ];

    /// <summary>The file that a run without weights downloads: the first that is read.</summary>
    public static KnownWeightFile Default { get; } = All.First(file => file.IsReadable);

    /// <summary>The file of that name (or that file name), or null.</summary>
    public static KnownWeightFile? Find(string name) =>
        All.FirstOrDefault(file => string.Equals(file.Name, name, StringComparison.OrdinalIgnoreCase)
            || string.Equals(file.FileName, name, StringComparison.OrdinalIgnoreCase));

    static PublishedHash Sha256(string hex) => new(HashKind.Sha256, hex);

    static PublishedHash Sha1(string hex) => new(HashKind.Sha1, hex);

    static PublishedHash Md5(string hex) => new(HashKind.Md5, hex);

    static KnownWeightFile Make(string name, string fileName, string publisher, string address, string container, string licence,
        string note, long? bytes = null, PublishedHash? hash = null) =>
        new(name, fileName, publisher, [new(address)], container, licence, note) { Bytes = bytes, Hash = hash };
}
