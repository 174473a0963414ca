#!/usr/bin/env python3
"""Prints the numbers that NeighborFormulaTests compares with: PyTorch in float64, on numbers of a linear congruential generator."""
import torch

state = 12345


def numbers(*shape):
    global state
    values = []
    for _ in range(int(torch.tensor(shape).prod())):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append((state >> 8) / 2**24)
    return torch.tensor(values, dtype=torch.float64).view(*shape)


def centered(m):
    m = m - m.mean(0, keepdim=True)
    return m / m.norm(dim=1, keepdim=True)


x, y = numbers(37, 24).requires_grad_(True), numbers(29, 24)
z, t = centered(x), centered(y)
products = z.detach() @ t.T
near = (1 - (z * t[products.argmax(1)]).sum(1)).mean()
covered = (1 - (z[products.argmax(0)] * t).sum(1)).mean()
(near + 2 * covered).backward()
print("nearest", *products.argmax(1).tolist())
print("nearest of the others", *products.argmax(0).tolist())
print(f"near {near.item():.12f} covered {covered.item():.12f}")
print("gradient", *(f"{x.grad[i, j]:.12e}" for i, j in ((0, 0), (0, 1), (5, 2), (36, 23))), f"{x.grad.abs().sum():.12e}")

a, b = 255 * numbers(3, 50).requires_grad_(False), 255 * numbers(3, 60)
a.requires_grad_(True)
mean = lambda v: v.mean(1, keepdim=True)
cov = lambda v: (v - mean(v)) @ (v - mean(v)).T / v.shape[1]


def root(m):
    values, vectors = torch.linalg.eigh(m)
    return vectors @ torch.diag(values.sqrt()) @ vectors.T


# Both covariances get the same little on the diagonal, as WassersteinLoss says.
smoothing = 2e-3 * cov(b).norm() * torch.eye(3, dtype=torch.float64)
s, g = cov(a) + smoothing, cov(b) + smoothing
distance = ((mean(a) - mean(b)) ** 2).sum() + s.trace() + g.trace() - 2 * root(root(g) @ s @ root(g)).trace()
color = distance / (cov(b).trace() + 3)
color.backward()
print(f"color {color.item():.12f} gradient", *(f"{a.grad[i, j]:.12e}" for i, j in ((0, 0), (1, 7), (2, 49))))
