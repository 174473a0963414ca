"""Writes weight files with the tools that users' files came from: PyTorch, python3-onnx, python3-protobuf.

make_torch_files.py torch   FOLDER [SAFETENSORS]
make_torch_files.py onnx    FOLDER SAFETENSORS
make_torch_files.py caffe   FOLDER SAFETENSORS
"""
import collections
import json
import os
import sys

import numpy as np


def read_safetensors(path):
    """The tensors of a float32 safetensors file, in the order of their data."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        data = np.fromfile(file, np.float32)
    order = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
    return {name: data[t["data_offsets"][0] // 4:t["data_offsets"][1] // 4].reshape(t["shape"]) for name, t in order}


def make_torch(folder, weights=None):
    import torch

    def save(name, value, **options):
        torch.save(value, os.path.join(folder, name + ".zip.pth"), **options)
        torch.save(value, os.path.join(folder, name + ".legacy.pth"), _use_new_zipfile_serialization=False, **options)

    if weights:
        save("vgg19", collections.OrderedDict((name, torch.from_numpy(tensor)) for name, tensor in read_safetensors(weights).items()))
        return
    values = torch.arange(24, dtype=torch.float64).reshape(2, 3, 4) / 7 - 1
    save("types", {"f16": values.half(), "bf16": values.bfloat16(), "f32": values.float(), "f64": values, "i64": values.long(), "bool": values > 0})
    save("views", {"turned": values.float().permute(2, 0, 1), "part": values.float()[:, 1:, ::2], "row": values.float()[1, 2],
                   "none": torch.zeros(0, 3), "one": torch.tensor(5.0), "shared": [values[0], values[1]]})
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Sequential(torch.nn.Conv2d(4, 2, 3), torch.nn.BatchNorm2d(2)))
    for i, parameter in enumerate(network.parameters()):
        parameter.data.fill_(i)
    optimizer = torch.optim.SGD(network.parameters(), 0.1, momentum=0.9)
    network(torch.zeros(1, 3, 9, 9)).sum().backward()
    optimizer.step()
    save("checkpoint", {"epoch": 90, "arch": "vgg19", "best": 1 << 40, "state_dict": network.state_dict(), "optimizer": optimizer.state_dict()})
    save("parameters", dict(network.named_parameters()))
    save("tensor", values.float())
    save("protocol4", network.state_dict(), pickle_protocol=4)
    save("module", network)


def make_onnx(folder, weights):
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    tensors = read_safetensors(weights)
    node = helper.make_node("Identity", ["x"], ["y"])
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]

    def save(name, initializers, **options):
        model = helper.make_model(helper.make_graph([node], "vgg", value[:1], value[1:], initializers))
        onnx.save(model, os.path.join(folder, name), **options)

    save("raw.onnx", [numpy_helper.from_array(tensor, name) for name, tensor in tensors.items()])
    save("external.onnx", [numpy_helper.from_array(tensor, name) for name, tensor in tensors.items()],
         save_as_external_data=True, all_tensors_to_one_file=True, location="external.data", size_threshold=0)
    small = {name: tensor for name, tensor in tensors.items() if tensor.size < 100_000}
    save("floats.onnx", [helper.make_tensor(name, TensorProto.FLOAT, tensor.shape, tensor.ravel()) for name, tensor in small.items()])
    save("doubles.onnx", [helper.make_tensor(name, TensorProto.DOUBLE, tensor.shape, tensor.ravel().astype(float)) for name, tensor in small.items()])
    save("halves.onnx", [helper.make_tensor(name, TensorProto.FLOAT16, tensor.shape, tensor.ravel()) for name, tensor in small.items()]
         + [numpy_helper.from_array(tensor.astype(np.float16), name + ".raw") for name, tensor in small.items()])


def make_caffe(folder, weights):
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
    F = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe")

    def message(name, *fields):
        made = file.message_type.add(name=name)
        for field, number, kind, repeated in fields:
            f = made.field.add(name=field, number=number, label=F.LABEL_REPEATED if repeated else F.LABEL_OPTIONAL)
            if isinstance(kind, str):
                f.type, f.type_name = F.TYPE_MESSAGE, ".caffe." + kind
            else:
                f.type = kind
            if repeated and kind in (F.TYPE_FLOAT, F.TYPE_DOUBLE, F.TYPE_INT64):
                f.options.packed = True

    # The parts of caffe.proto that hold weights.
    message("BlobShape", ("dim", 1, F.TYPE_INT64, True))
    message("BlobProto", ("num", 1, F.TYPE_INT32, False), ("channels", 2, F.TYPE_INT32, False), ("height", 3, F.TYPE_INT32, False), ("width", 4, F.TYPE_INT32, False),
            ("data", 5, F.TYPE_FLOAT, True), ("diff", 6, F.TYPE_FLOAT, True), ("shape", 7, "BlobShape", False), ("double_data", 8, F.TYPE_DOUBLE, True))
    message("V1LayerParameter", ("bottom", 2, F.TYPE_STRING, True), ("top", 3, F.TYPE_STRING, True), ("name", 4, F.TYPE_STRING, False), ("type", 5, F.TYPE_INT32, False), ("blobs", 6, "BlobProto", True))
    message("LayerParameter", ("name", 1, F.TYPE_STRING, False), ("type", 2, F.TYPE_STRING, False), ("bottom", 3, F.TYPE_STRING, True), ("top", 4, F.TYPE_STRING, True), ("blobs", 7, "BlobProto", True))
    message("NetParameter", ("name", 1, F.TYPE_STRING, False), ("layers", 2, "V1LayerParameter", True), ("layer", 100, "LayerParameter", True))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    NetParameter = message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("caffe.NetParameter"))
    tensors = read_safetensors(weights)
    for kind in ("v1", "new", "double"):
        net = NetParameter(name="VGG_ILSVRC_19_layers")
        for layer in dict.fromkeys(name.rsplit(".", 1)[0] for name in tensors):
            made = net.layers.add(name=layer, type=4) if kind == "v1" else net.layer.add(name=layer, type="Convolution")
            made.bottom.append("data")
            made.top.append(layer)
            for part in ("weight", "bias"):
                tensor = tensors[layer + "." + part]
                blob = made.blobs.add()
                if kind == "v1":
                    blob.num, blob.channels, blob.height, blob.width = (1,) * (4 - tensor.ndim) + tensor.shape
                else:
                    blob.shape.dim.extend(tensor.shape)
                (blob.double_data if kind == "double" else blob.data).extend(tensor.ravel().tolist())
        with open(os.path.join(folder, kind + ".caffemodel"), "wb") as out:
            out.write(net.SerializeToString())


{"torch": make_torch, "onnx": make_onnx, "caffe": make_caffe}[sys.argv[1]](*sys.argv[2:])
