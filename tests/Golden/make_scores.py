#!/usr/bin/env python3
"""Makes own/scores.json: a picture's scores in float64, with the weights and pictures of make_golden.py.

    python3 tests/Golden/make_scores.py        (Debian: python3-torch, python3-numpy)

Written from the published definitions: StyleEval's quality_criteria.py (EndyWon/StyleEval), CFSD of StyleID's
image_metrics.py (jiwoogit/StyleID), gatys-pytorch's losses. Only what follows the formulas is here, none of their code.
"""
import json
import os

import numpy as np
import torch
import torch.nn.functional as F

from make_golden import STYLE, features, picture, weights

HEIGHT, WIDTH, STYLE_HEIGHT, STYLE_WIDTH = 40, 48, 33, 56
# What torchvision's pixels are divided by, in units of 255.
UNIT = 255 * (0.229 + 0.224 + 0.225) / 3


def cosine(a, b):
    return (torch.dot(a.flatten(), b.flatten()) / (a.norm() * b.norm())).item()


def gram(f):
    rows = f.flatten(1)
    return rows @ rows.T / rows.shape[1]


def histograms(x, y):
    total = 0
    for c in range(3):
        a, _ = np.histogram(x[c].numpy(), bins=128)
        b, _ = np.histogram(y[c].numpy(), bins=128)
        total += a @ b / np.sqrt(float(a @ a) * float(b @ b))
    return total / 3


def patches(f):
    rows = F.unfold(f[None], 3)[0].T
    return rows / rows.norm(dim=1, keepdim=True)


def local_patterns(x, y):
    product = patches(x) @ patches(y).T
    own = patches(y) @ patches(y).T
    best = product.max(dim=1)
    return 0.5 * best.values.mean().item() + 0.5 * len(set(best.indices.tolist())) / len(set(own.argmax(dim=1).tolist()))


def divergence(x, y):
    def relations(f):
        rows = f.flatten(1).T / UNIT / f.shape[0]
        return F.log_softmax(rows @ rows.T, dim=-1)
    s, t = relations(x), relations(y)
    return (t.exp() * (t - s)).sum().item()


def centered(f, rim):
    inner = f[:, rim:f.shape[1] - rim, rim:f.shape[2] - rim]
    rows = inner.flatten(1).T
    rows = rows - rows.mean(dim=0)
    return rows / rows.norm(dim=1, keepdim=True)


def neighbors(x, y):
    to, back = 0, 0
    for name, rim in (("1_2", 1), ("2_2", 1), ("3_2", 1), ("4_2", 2)):
        if min(y[name].shape[1:]) < 8 * rim:
            rim = 0
        product = centered(x[name], 0) @ centered(y[name], rim).T
        to += (1 - product.max(dim=1).values).mean().item() / 4
        back += (1 - product.max(dim=0).values).mean().item() / 4
    return to, back


def main():
    layers = weights()
    pixels = [picture(HEIGHT, WIDTH, 100), picture(HEIGHT, WIDTH, 110), picture(STYLE_HEIGHT, STYLE_WIDTH, 120)]
    # Not three unrelated pictures: half of the photograph is in the first one.
    pixels[0] = torch.floor(0.5 * pixels[0] + 0.5 * pixels[1])
    average = [features(p, layers, "average", 1) for p in pixels]
    most = [features(p, layers, "max", 1) for p in pixels]
    (x, p, a), (m, c, s) = average, most
    to, back = neighbors(m, s)
    values = {
        "height": HEIGHT, "width": WIDTH, "styleHeight": STYLE_HEIGHT, "styleWidth": STYLE_WIDTH,
        "contentFidelity": np.mean([cosine(x[n], p[n]) for n in ("4_1", "5_1")]),
        "globalEffects": 0.5 * np.mean([cosine(gram(x[n]), gram(a[n])) for n in ("2_1", "3_1", "4_1", "5_1")])
        + 0.5 * histograms(pixels[0], pixels[2]),
        "localPatterns": np.mean([local_patterns(x[n], a[n]) for n in ("3_1", "4_1")]),
        "structure": divergence(m["3_1"], c["3_1"]),
        "styleDistance": 1000 * sum(((gram(m[n]) - gram(s[n])) ** 2).mean().item() / m[n].shape[0] ** 2 for n in STYLE),
        "contentDistance": ((m["4_2"] - c["4_2"]) ** 2).mean().item(),
        "toPainting": to, "fromPainting": back,
    }
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "own", "scores.json"), "w") as f:
        json.dump({k: float(v) for k, v in values.items()}, f, indent=1)
        f.write("\n")


main()
