#!/usr/bin/env python3
"""Makes own/*.json: golden values in float64 from libtorch, with weights and pictures from a formula.

    python3 tests/Golden/make_golden.py        (Debian: python3-torch, python3-numpy)

The weights need no file: entry i of a tensor is drawn by mixing i and the tensor's number (murmur3's finaliser), so that a
test can make the same ones. The losses are written here from the programs' own sources, not from this project's code.
"""
import json
import os

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(2)
CHANNELS = [64, 64, 128, 128, 256, 256, 256, 256, 512, 512, 512, 512, 512]
NAMES = "1_1 1_2 2_1 2_2 3_1 3_2 3_3 3_4 4_1 4_2 4_3 4_4 5_1".split()
POOL_BEFORE = {2, 4, 8, 12}
STYLE = ["1_1", "2_1", "3_1", "4_1", "5_1"]


def uniform(count, stream):
    """count values in [-1, 1) of 24 bits, exact in float32."""
    x = (np.arange(count, dtype=np.uint64) + np.uint64(stream) * np.uint64(0x9E3779B1)).astype(np.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    x = x ^ (x >> np.uint32(16))
    return (x >> np.uint32(8)).astype(np.float64) / 2 ** 23 - 1


def weights():
    layers, cin = [], 3
    for l, c in enumerate(CHANNELS):
        # a power of two near sqrt(6 / (9 C)), so that the product is exact in float32
        scale = 2.0 ** round(np.log2(np.sqrt(6 / (9 * cin))))
        w = uniform(c * cin * 9, 2 * l).reshape(c, cin, 3, 3) * scale
        b = uniform(c, 2 * l + 1) * 0.25
        layers.append((torch.from_numpy(w), torch.from_numpy(b)))
        cin = c
    return layers


def picture(height, width, stream):
    """Blocks of 4 x 4 pixels with a little grain: integers in 0..255, RGB."""
    coarse = uniform(3 * (height // 4 + 1) * (width // 4 + 1), stream).reshape(3, height // 4 + 1, width // 4 + 1)
    coarse = coarse.repeat(4, 1).repeat(4, 2)[:, :height, :width]
    grain = uniform(3 * height * width, stream + 1).reshape(3, height, width)
    return torch.from_numpy(np.floor(128 + 100 * coarse + 20 * grain))


def features(x, layers, pool, scale):
    mean = torch.tensor([103.939, 116.779, 123.68], dtype=torch.float64).view(3, 1, 1)
    x = (x.flip(0) * scale - mean)[None]
    out = {}
    for l, (w, b) in enumerate(layers):
        if l in POOL_BEFORE:
            x = F.avg_pool2d(x, 2) if pool == "average" else F.max_pool2d(x, 2)
        x = F.relu(F.conv2d(x, w, b, padding=1))
        out[NAMES[l]] = x[0]
    return out


def minimise(losses, start, first_step, iterations=20):
    """Totals along PyTorch's L-BFGS, whose first step is made to have a root mean square of first_step."""
    v = start.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([v], lr=1, max_iter=1, history_size=100, tolerance_grad=0, tolerance_change=0)
    totals = []

    def closure():
        optimizer.zero_grad()
        total = losses(v)
        total.backward()
        return total

    closure()
    g = v.grad
    first = first_step / (g ** 2).mean().sqrt() / min(1.0, 1 / g.abs().sum().item())
    for i in range(iterations):
        optimizer.param_groups[0]["lr"] = first.item() if i == 0 else 1.0
        totals.append(optimizer.step(closure).item())
    return totals


def case(name, layers, height, width, style_size, pool, scale, form, alpha, beta, tv_weight, content_layers):
    content, style = picture(height, width, 100), picture(*style_size, 200)
    x = picture(height, width, 300).requires_grad_(True)
    fc, fs = (features(p, layers, pool, scale) for p in (content, style))
    layer_weight = 0.2 if form == "paper" else 1

    def evaluate(x):
        return evaluate_losses(name, x, fc, fs, layers, pool, scale, form, content_layers)

    def total_of(x):
        content_losses, style_losses, tv = evaluate(x)
        content_sum = sum(w * l for (_, w), l in zip(content_layers, content_losses))
        return alpha * content_sum + beta * layer_weight * sum(style_losses), tv

    content_losses, style_losses, tv = evaluate(x)
    total, tv = total_of(x)
    (total + tv_weight * tv).backward()
    printed = total + tv_weight * tv if name.startswith("neural-style-pt") else total
    return {
        "height": height, "width": width, "styleHeight": style_size[0], "styleWidth": style_size[1],
        "contentLayers": [[f"relu{l}", w] for l, w in content_layers],
        "tvWeight": tv_weight,
        "total": printed.item(),
        "content": [l.item() for l in content_losses],
        "style": [l.item() for l in style_losses],
        "tv": tv.item(),
        "lbfgsWithoutTv": minimise(lambda v: total_of(v)[0], content, first_step=1),
        "gradient": [float(np.float32(g)) for g in x.grad.flatten().tolist()],
    }


def evaluate_losses(name, x, fc, fs, layers, pool, scale, form, content_layers):
    fx = features(x, layers, pool, scale)
    content_losses, style_losses = [], []
    for layer, _ in content_layers:
        d = fx[layer] - fc[layer]
        content_losses.append(0.5 * (d ** 2).sum() if form == "paper" else (d ** 2).mean())
    for layer in STYLE:
        f, s = fx[layer].flatten(1), fs[layer].flatten(1)
        n, m = f.shape
        if form == "paper":
            style_losses.append(((f @ f.t() / m - s @ s.t() / s.shape[1]) ** 2).sum() / (4 * n * n))
        else:
            style_losses.append(((f @ f.t() / f.numel() - s @ s.t() / s.numel()) ** 2).mean())
    v = x * scale
    dx, dy = v[:, :, 1:] - v[:, :, :-1], v[:, 1:, :] - v[:, :-1, :]
    if name.startswith("neural-style-pt"):
        tv = dx.abs().sum() + dy.abs().sum()
    else:
        tv = 0.5 * ((dx[:, :-1, :] ** 2).sum() + (dy[:, :, :-1] ** 2).sum())
    return content_losses, style_losses, tv


def main():
    layers = weights()
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "own")
    os.makedirs(here, exist_ok=True)
    cases = {
        "gatys2016": dict(height=21, width=18, style_size=(16, 25), pool="average", scale=1, form="paper", alpha=1, beta=1000, tv_weight=0,
                          content_layers=[("4_2", 1), ("2_2", 0.25)]),
        "neural-style": dict(height=19, width=16, style_size=(23, 17), pool="max", scale=256 / 255, form="mean", alpha=5, beta=100, tv_weight=2.5,
                             content_layers=[("4_2", 1)]),
        "neural-style-pt": dict(height=22, width=18, style_size=(18, 16), pool="max", scale=1, form="mean", alpha=5, beta=100, tv_weight=2.5,
                                content_layers=[("4_2", 1)]),
    }
    for name, settings in cases.items():
        with open(os.path.join(here, name + ".json"), "w") as f:
            json.dump(case(name, layers, **settings), f, separators=(",", ":"))
            f.write("\n")


main()
