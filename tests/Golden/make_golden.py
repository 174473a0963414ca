#!/usr/bin/env python3
"""Makes own/*.json: golden values in float64 from libtorch, with weights and pictures from a formula.

    python3 tests/Golden/make_golden.py [PRESET...]        (Debian: python3-torch, python3-numpy)

The weights need no file: entry i of a tensor is drawn by mixing i and the tensor's number (murmur3's finaliser), so that a
test can make the same ones. The losses are written here from the programs' own sources, not from this project's code.
"""
import json
import os
import sys

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


# The programs below are written out one by one, each in its own terms; v is the picture in 0..255, RGB.

def gram(f):
    return f @ f.t()


def mse(a, b):
    return ((a - b) ** 2).mean()


def gatys_pytorch(fx, fc, fs, v):
    """NeuralStyleTransfer.ipynb: GramMSELoss over h w, weights 1e3 / n^2."""
    unweighted = [mse(gram(fx[l]) / fx[l].shape[1], gram(fs[l]) / fs[l].shape[1]) for l in STYLE]
    content = mse(fx["4_2"], fc["4_2"])
    total = content + sum(1e3 / fx[l].shape[0] ** 2 * e for l, e in zip(STYLE, unweighted))
    # The preset's unweighted loss is over (N M)^2.
    return total, [content], [e / fx[l].shape[0] ** 2 for l, e in zip(STYLE, unweighted)], torch.zeros(())


def spst(fx, fc, fs, v):
    """spst.py and vgg_by_blocks.py with --wmeanstd 1000: sums over numel() of Gram matrices, means and standard deviations."""
    content = mse(fx["4_2"], fc["4_2"])
    total, losses = content, []
    for l in STYLE:
        n = fx[l].shape[0]
        w = 1e3 / n ** 2
        w_moments = w * n ** 2 * 1000 / 100

        def statistics(f):
            g, mu = gram(f) / f.shape[1], f.mean(1)
            return g, mu, torch.sqrt(torch.diag(g) - mu ** 2)

        (g, mu, s), (g_target, mu_target, s_target) = statistics(fx[l]), statistics(fs[l])
        loss = w * ((g - g_target) ** 2).sum() / g.numel() + w_moments * (((mu - mu_target) ** 2).sum() / mu.numel() + ((s - s_target) ** 2).sum() / s.numel())
        total = total + loss
        losses.append(loss / 1e3)
    return total, [content], losses, torch.zeros(())


def style_transfer_pytorch(fx, fc, fs, v):
    """
    style_transfer.py with zero padding; covariances are smoothed as this project does, by 2e-3 of the target's norm (theirs: 1e-4).
    Three layers: a float64 root of 512 x 512 takes the reference half a minute.
    """
    content, losses = mse(fx["4_2"], fc["4_2"]), []
    for l in STYLE[:3]:
        def statistics(f):
            mean = f.mean(1)
            return mean, gram(f) / f.shape[1] - torch.outer(mean, mean)

        (mean, cov), (mean_target, cov_target) = statistics(fx[l]), statistics(fs[l])
        eye = torch.eye(len(mean), dtype=mean.dtype)
        eps = 2e-3 * cov_target.norm()
        cov, cov_target = cov + eps * eye, cov_target + eps * eye
        values, vectors = torch.linalg.eigh(cov_target)
        root = vectors @ torch.diag(values.sqrt()) @ vectors.t()
        product = root @ cov @ root
        mixed = torch.linalg.eigvalsh((product + product.t()) / 2).sqrt().sum()
        losses.append(mse(mean, mean_target) + (torch.trace(cov) + torch.trace(cov_target) - 2 * mixed) / len(mean))
    p = F.pad((v / 255)[None], (1, 1, 1, 1), "replicate")
    right, below = p[..., 1:-1, 2:] - p[..., 1:-1, 1:-1], p[..., 2:, 1:-1] - p[..., 1:-1, 1:-1]
    falling, rising = p[..., 1:, 1:] - p[..., :-1, :-1], p[..., 1:, :-1] - p[..., :-1, 1:]
    tv = 2 * ((right ** 2).mean() / 3 + (below ** 2).mean() / 3 + (falling ** 2).mean() / 12 + (rising ** 2).mean() / 12)
    total = 0.015 * content + sum(w / 341 * e for w, e in zip((256, 64, 16), losses)) + 2 * tv
    return total, [content], losses, tv * 255 ** 2


def anishathalye(fx, fc, fs, v):
    """stylize.py: Gram matrices over their features' size, tf.nn.l2_loss is half a sum of squares."""
    content = ((fx["4_2"] - fc["4_2"]) ** 2).sum() / fc["4_2"].numel()
    losses = [((gram(fx[l]) / fx[l].numel() - gram(fs[l]) / fs[l].numel()) ** 2).sum() / fx[l].shape[0] ** 2 for l in STYLE]
    dy, dx = v[:, 1:] - v[:, :-1], v[:, :, 1:] - v[:, :, :-1]
    tv = 2 * ((dy ** 2).sum() / 2 / dy.numel() + (dx ** 2).sum() / 2 / dx.numel())
    return 5 * content + 500 * sum(losses) / 5 + 100 * tv, [content], losses, tv


def neural_style_tf(fx, fc, fs, v):
    """neural_style.py, but for its content layer, which is conv4_2 before its ReLU there. Style and result have the same size."""
    n, m = fx["4_2"].shape
    content = 1 / (2 * n ** 0.5 * m ** 0.5) * ((fx["4_2"] - fc["4_2"]) ** 2).sum()
    losses = []
    for l in STYLE:
        n, m = fx[l].shape
        assert m == fs[l].shape[1]
        losses.append(1 / (4 * n ** 2 * m ** 2) * ((gram(fx[l]) - gram(fs[l])) ** 2).sum())
    tv = (v[:, 1:] - v[:, :-1]).abs().sum() + (v[:, :, 1:] - v[:, :, :-1]).abs().sum()
    return 5 * content + 1e4 * sum(0.2 * e for e in losses) / 5 + 1e-3 * tv, [content], losses, tv


def peer_case(program, layers, height, width, style_size, pool, tv_weight):
    def flat(p):
        return {l: f.flatten(1) for l, f in features(p, layers, pool, 1).items()}

    fc, fs = (flat(picture(*size, stream)) for size, stream in (((height, width), 100), (style_size, 200)))
    x = picture(height, width, 300).requires_grad_(True)
    total, content, style, tv = program(flat(x), fc, fs, x)
    total.backward()
    return {
        "height": height, "width": width, "styleHeight": style_size[0], "styleWidth": style_size[1],
        "contentLayers": [["relu4_2", 1]], "tvWeight": tv_weight,
        "total": total.item(), "content": [l.item() for l in content], "style": [l.item() for l in style], "tv": tv.item(),
        "gradient": [float(np.float32(g)) for g in x.grad.flatten().tolist()],
    }


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
    peers = {
        "gatys-pytorch": dict(program=gatys_pytorch, height=18, width=23, style_size=(19, 16), pool="max", tv_weight=0),
        "spst": dict(program=spst, height=35, width=33, style_size=(34, 40), pool="max", tv_weight=0),
        "style-transfer-pytorch": dict(program=style_transfer_pytorch, height=34, width=41, style_size=(48, 36), pool="max", tv_weight=2 / 255 ** 2),
        # TensorFlow's poolings keep an odd last row; multiples of 16 have none.
        "anishathalye": dict(program=anishathalye, height=32, width=16, style_size=(16, 32), pool="max", tv_weight=100),
        "neural-style-tf": dict(program=neural_style_tf, height=16, width=32, style_size=(16, 32), pool="average", tv_weight=1e-3),
    }
    for name in sys.argv[1:] or [*cases, *peers]:
        values = case(name, layers, **cases[name]) if name in cases else peer_case(layers=layers, **peers[name])
        with open(os.path.join(here, name + ".json"), "w") as f:
            json.dump(values, f, separators=(",", ":"))
            f.write("\n")


if __name__ == "__main__":
    main()
