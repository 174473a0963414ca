"""Writes the weights of vgg19-caffe.safetensors with the tools that users' files come from: NumPy, SciPy, h5py.

    make_array_files.py KIND WEIGHTS OUT

OUT is the file (tfjs: the model.json; its shards go beside it). Kernels become HWIO, as these containers have them.
"""
import json
import os
import sys

import numpy as np

CONVOLUTIONS = [(f"conv{block}_{i}", f"block{block}_conv{i}")
                for block, count in ((1, 2), (2, 2), (3, 4), (4, 4), (5, 4)) for i in range(1, count + 1)]


def load(path):
    """Name -> (HWIO kernel, bias), from a safetensors file of float32."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        start = file.tell()

        def tensor(name):
            begin, end = header[name]["data_offsets"]
            file.seek(start + begin)
            return np.frombuffer(file.read(end - begin), "<f4").reshape(header[name]["shape"])

        return {caffe: (np.ascontiguousarray(tensor(caffe + ".weight").transpose(2, 3, 1, 0)), tensor(caffe + ".bias")) for caffe, _ in CONVOLUTIONS}


def classifier(divisor):
    """Keras' fully connected layers, or (divisor > 1) narrower ones."""
    sizes = [25088 // divisor, 4096 // divisor, 4096 // divisor, 1000 // divisor]
    return [(name, np.full((sizes[i], sizes[i + 1]), 0.5, "f4"), np.zeros(sizes[i + 1], "f4")) for i, name in enumerate(("fc1", "fc2", "predictions"))]


def keras(group, weights, names, top=(), **options):
    layers = [(keras_name, *weights[caffe]) for caffe, keras_name in CONVOLUTIONS] + list(top)
    group.attrs["layer_names"] = [name.encode() for name, _, _ in layers]
    group.attrs["backend"] = b"tensorflow"
    for layer, kernel, bias in layers:
        paths = [name.format(layer) for name in names]
        group.create_group(layer).attrs["weight_names"] = [path.encode() for path in paths]
        for path, values in zip(paths, (kernel, bias)):
            group[layer].create_dataset(path, data=values, **options)


def h5(out, weights, kind):
    import h5py
    old, new = ("{0}_W_1:0", "{0}_b_1:0"), ("{0}/kernel:0", "{0}/bias:0")
    with h5py.File(out, "w", libver="latest" if kind.endswith("latest") else None) as file:
        if kind == "h5-old":
            keras(file, weights, old)
        elif kind == "h5-old-top":
            keras(file, weights, old, classifier(16))
        elif kind == "h5-old-whole-top":
            keras(file, weights, old, classifier(1))
        elif kind == "h5-deflated":
            keras(file, weights, new, compression="gzip", compression_opts=1, shuffle=True, fletcher32=True)
        elif kind == "h5-chunked":
            keras(file, weights, new, chunks=True)
        else:  # a whole model: its weights are a group of it
            file.attrs["model_config"] = json.dumps({"class_name": "Functional"})
            keras(file.create_group("model_weights"), weights, new, classifier(16))


def layers_struct(weights):
    """MatConvNet's cell array of layers; the old kind has filters and biases as fields."""
    layers = np.empty((1, 2 * len(CONVOLUTIONS)), object)
    for i, (caffe, _) in enumerate(CONVOLUTIONS):
        kernel, bias = weights[caffe]
        cell = np.empty((1, 2), object)
        cell[0, 0], cell[0, 1] = kernel, bias.reshape(1, -1)
        layers[0, 2 * i] = {"name": caffe, "type": "conv", "weights": cell, "pad": np.ones((1, 4))}
        layers[0, 2 * i + 1] = {"name": caffe.replace("conv", "relu"), "type": "relu"}
    return layers


def mat5(out, weights, compressed):
    import scipy.io
    mean = np.array([123.68, 116.779, 103.939]).reshape(1, 1, 3)
    scipy.io.savemat(out, {"layers": layers_struct(weights), "meta": {"normalization": {"averageImage": mean}}}, do_compression=compressed)


def mat73(out, weights):
    """As MATLAB's save -v7.3 does: columns first, cells as references into #refs#."""
    import h5py
    count = 0
    with h5py.File(out, "w", userblock_size=512) as file:
        references = file.create_group("#refs#")

        def put(group, name, value):
            if isinstance(value, dict):
                struct = group.create_group(name)
                struct.attrs["MATLAB_class"] = np.bytes_("struct")
                for field, inner in value.items():
                    put(struct, field, inner)
                return
            if isinstance(value, str):
                data = group.create_dataset(name, data=np.array([[ord(letter)] for letter in value], "u2"))
                data.attrs["MATLAB_class"] = np.bytes_("char")
                data.attrs["MATLAB_int_decode"] = np.int32(2)
            elif value.dtype == object:
                data = group.create_dataset(name, value.T.shape, h5py.ref_dtype)
                data.attrs["MATLAB_class"] = np.bytes_("cell")
                for index, inner in np.ndenumerate(value.T):
                    data[index] = refer(inner)
            else:
                options = {"compression": "gzip", "compression_opts": 3} if value.size > 1000 else {}
                data = group.create_dataset(name, data=value.T, **options)
                data.attrs["MATLAB_class"] = np.bytes_("single" if value.dtype == np.float32 else "double")

        def refer(value):
            nonlocal count
            count += 1
            name = f"r{count}"
            put(references, name, value)
            return references[name].ref

        put(file, "layers", layers_struct(weights))
    with open(out, "r+b") as file:
        text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Thu Jun 27 00:00:00 2016 HDF5 schema 1.00 ."
        file.write(text.ljust(124) + b"\x00\x02IM")


def numpy_files(out, weights, kind):
    if kind == "npy":
        np.save(open(out, "wb"), {name: [kernel, bias] for name, (kernel, bias) in weights.items()}, allow_pickle=True)
        return
    arrays = {f"{name}.{part}": values for name, both in weights.items() for part, values in zip(("weight", "bias"), both)}
    (np.savez if kind == "npz" else np.savez_compressed)(open(out, "wb"), **arrays)


def tensorflow_js(out, weights, kind):
    """Shards of 4 MB, as tensorflowjs_converter cuts them; its affine quantisation (quantization.py)."""
    specifications, data = [], b""
    for caffe, keras_name in CONVOLUTIONS:
        for part, values in zip(("kernel", "bias"), weights[caffe]):
            specification = {"name": f"{keras_name}/{part}", "shape": list(values.shape), "dtype": "float32"}
            if kind == "tfjs-float16":
                specification["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
                values = values.astype("<f2")
            elif kind != "tfjs":
                bits = 8 if kind == "tfjs-uint8" else 16
                low, high = float(values.min()), float(values.max())
                scale = (high - low) / (2 ** bits - 1)
                specification["quantization"] = {"dtype": f"uint{bits}", "scale": scale, "min": low, "original_dtype": "float32"}
                values = np.clip(np.round((values - low) / scale), 0, 2 ** bits - 1).astype(f"<u{bits // 8}")
            specifications.append(specification)
            data += values.tobytes()
    size = 4 << 20
    count = -(-len(data) // size)
    paths = [f"group1-shard{i + 1}of{count}.bin" for i in range(count)]
    for i, path in enumerate(paths):
        with open(os.path.join(os.path.dirname(out), path), "wb") as file:
            file.write(data[i * size:(i + 1) * size])
    with open(out, "w") as file:
        json.dump({"format": "layers-model", "modelTopology": {"class_name": "Model"}, "weightsManifest": [{"paths": paths, "weights": specifications}]}, file)


def main(kind, path, out):
    weights = load(path)
    if kind.startswith("h5"):
        h5(out, weights, kind)
    elif kind.startswith("mat5"):
        mat5(out, weights, kind == "mat5-deflated")
    elif kind == "mat73":
        mat73(out, weights)
    elif kind.startswith("tfjs"):
        tensorflow_js(out, weights, kind)
    else:
        numpy_files(out, weights, kind)


if __name__ == "__main__":
    main(*sys.argv[1:])
