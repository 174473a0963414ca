"""Writes the weights of vgg19-caffe.safetensors under other programs' names, with PyTorch and python3-onnx.

make_named_files.py torch FOLDER SAFETENSORS
make_named_files.py onnx  FOLDER SAFETENSORS
"""
import collections
import os
import sys

import numpy as np

from make_array_files import CONVOLUTIONS, load

PLACES = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
NORMALISED_PLACES = [0, 3, 7, 10, 14, 17, 20, 23, 27, 30, 33, 36, 40, 43, 46, 49]
PADDED_PLACES = [2, 5, 9, 12, 16, 19, 22, 25, 29, 32, 35, 38, 42, 45, 48, 51]


def layers(path):
    """The convolutions in order: OIHW kernel and bias."""
    weights = load(path)
    return [(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)), bias.copy()) for kernel, bias in (weights[name] for name, _ in CONVOLUTIONS)]


def normalisation(i, channels):
    """A batch normalisation that does something: factor, summand, mean, variance."""
    k = np.arange(channels, dtype=np.float32)
    return 1 + k % 7 / 8, (k % 5 - 2) / 4, (k % 3 - 1) / 2 + i / 16, 0.25 + k % 11


def make_torch(folder, path):
    import torch
    real = layers(path)

    def save(name, tensors, legacy=True):
        tensors = collections.OrderedDict((key, torch.from_numpy(np.ascontiguousarray(value))) for key, value in tensors)
        torch.save(tensors if legacy else {"epoch": 1, "state_dict": tensors}, os.path.join(folder, name), _use_new_zipfile_serialization=not legacy)

    def named(form, places, values=real):
        return [(form.format(place) + part, value) for place, layer in zip(places, values) for part, value in zip((".weight", ".bias"), layer)]

    # As vgg19-d01eb7cb.pth and vgg19-74e45263.pth: Caffe's weights under torchvision's names, with a classifier.
    save("torchvision.pth", named("features.{}", PLACES) + [("classifier.0.weight", np.zeros((8, 16), "f4")), ("classifier.0.bias", np.zeros(8, "f4"))])
    # As vgg_conv.pth: double precision.
    save("gatys.pth", named("{}", [name for name, _ in CONVOLUTIONS], [(kernel.astype("f8"), bias.astype("f8")) for kernel, bias in real]))
    # As the encoders of AdaIN and WCT.
    first = [("0.weight", np.array([[0, 0, 255], [0, 255, 0], [255, 0, 0]], "f4").reshape(3, 3, 1, 1)), ("0.bias", np.array([-103.939, -116.779, -123.68], "f4"))]
    save("encoder.pth", first + named("{}", PADDED_PLACES))
    # A training's checkpoint of a network with batch normalisation.
    normalised = []
    for i, (place, (kernel, bias)) in enumerate(zip(NORMALISED_PLACES, real)):
        normalised += named("module.features.{}", [place], [(kernel, bias)])
        normalised += [(f"module.features.{place + 1}.{part}", value) for part, value in zip(("weight", "bias", "running_mean", "running_var"), normalisation(i, len(bias)))]
        normalised.append((f"module.features.{place + 1}.num_batches_tracked", np.array(100)))
    save("normalised.pth", normalised, legacy=False)


def make_onnx(folder, path):
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    node = helper.make_node("Identity", ["x"], ["y"])
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]

    def save(name, tensors):
        initializers = [numpy_helper.from_array(np.ascontiguousarray(value), key) for key, value in tensors]
        onnx.save(helper.make_model(helper.make_graph([node], "vgg", value[:1], value[1:], initializers)), os.path.join(folder, name))

    real = layers(path)
    save("gluon.onnx", [(f"vgg0_conv{i}_{part}", value) for i, layer in enumerate(real) for part, value in zip(("weight", "bias"), layer)])
    save("caffe2.onnx", [(f"{name}_{part}_0", value) for (name, _), layer in zip(CONVOLUTIONS, real) for part, value in zip("wb", layer)])
    save("normalised.onnx", [(f"vgg0_conv{i}_{part}", value) for i, layer in enumerate(real) for part, value in zip(("weight", "bias"), layer)]
         + [(f"vgg0_batchnorm{i}_{part}", value) for i, (_, bias) in enumerate(real)
            for part, value in zip(("gamma", "beta", "running_mean", "running_var"), normalisation(i, len(bias)))])


{"torch": make_torch, "onnx": make_onnx}[sys.argv[1]](*sys.argv[2:])
