"""micrograd's demo, over any kind of scalar: its data, its network and its loss."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

SIZES = [2, 16, 16, 1]


class PlainMLP:
    """micrograd's network, with its products and sums as single nodes, over any Value."""

    def __init__(self, value: Callable[[float], Any], sizes: list[int]) -> None:
        self.layers = [
            [([value(random.uniform(-1, 1)) for _ in range(nin)], value(0)) for _ in range(nout)]
            for nin, nout in pairwise(sizes)
        ]

    def parameters(self) -> list[Any]:
        return [p for layer in self.layers for w, b in layer for p in [*w, b]]

    def __call__(self, x: Any) -> Any:
        for depth, layer in enumerate(self.layers):
            sums = [sum((wi * xi for wi, xi in zip(w, x, strict=True)), b) for w, b in layer]
            x = sums if depth == len(self.layers) - 1 else [z.relu() for z in sums]
        return x[0]


def moons(half: int = 50) -> tuple[Any, Any]:
    """Two interleaving half circles of ``half`` points each, with noise, and labels -1 and 1."""
    rng = np.random.default_rng(1337)
    angle = rng.uniform(0, np.pi, 2 * half)
    y = np.repeat([-1, 1], half)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    return np.where(y[:, None] < 0, upper, lower) + rng.normal(0, 0.1, (2 * half, 2)), y


def loss(value: Callable[[Any], Any], model: Any, x: Any, y: Any) -> Any:
    """The hinge loss and L2 of micrograd's demo."""
    inputs = [list(map(value, row)) for row in x]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
    return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
