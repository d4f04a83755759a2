"""micrograd's demo loss, built and differentiated: twingrad beside micrograd, turn about.

The loss is that of micrograd's demo.ipynb: 100 points of two moons, a 2-16-16-1 network with
relu, a hinge loss and L2. It is run three ways: micrograd as published; twingrad with every
product and every sum a node of its own, as micrograd has them; and twingrad as it is used, where
a neuron's weighted sum is one node.

    python benchmarks/scalar_demo.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import random
import sys
from itertools import pairwise
from typing import Any

import measure
import numpy as np

from twingrad import Value
from twingrad.nn import MLP


class PlainMLP:
    """micrograd's network, with its products and sums as single nodes, over any Value."""

    def __init__(self, value: Any, sizes: list[int]) -> None:
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


def moons() -> tuple[Any, Any]:
    """Two interleaving half circles of 50 points each, with noise, and labels -1 and 1."""
    rng = np.random.default_rng(1337)
    angle = rng.uniform(0, np.pi, 100)
    y = np.repeat([-1, 1], 50)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    return np.where(y[:, None] < 0, upper, lower) + rng.normal(0, 0.1, (100, 2)), y


def loss(value: Any, model: Any, X: Any, y: Any) -> Any:
    inputs = [list(map(value, row)) for row in X]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
    return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())


def contenders() -> dict[str, Any]:
    X, y = moons()
    models: dict[str, tuple[Any, Any]] = {}
    try:
        import micrograd.engine
        import micrograd.nn

        random.seed(1337)
        models["micrograd"] = micrograd.engine.Value, micrograd.nn.MLP(2, [16, 16, 1])
    except ImportError:
        print("micrograd is not installed: pip install micrograd to compare with it\n")
    random.seed(1337)
    models["twingrad, single products"] = Value, PlainMLP(Value, [2, 16, 16, 1])
    random.seed(1337)
    models["twingrad"] = Value, MLP(2, [16, 16, 1])

    def one_pass(value: Any, model: Any) -> Any:
        def run() -> float:
            total = loss(value, model, X, y)
            total.backward()
            return float(total.data)

        return run

    return {name: one_pass(*pair) for name, pair in models.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", help="run one contender once: for measuring its peak memory")
    arguments = parser.parse_args()
    sys.setrecursionlimit(100_000)  # micrograd recurses into its graph
    runs = contenders()
    if arguments.only:
        if arguments.only in runs:
            runs[arguments.only]()
        measure.print_own_peak()
        return
    measure.describe_machine()
    values = {name: run() for name, run in runs.items()}
    print("loss:", ", ".join(f"{name} {value:.12f}" for name, value in values.items()), "\n")
    seconds = measure.turn_about(runs, arguments.rounds)
    measure.print_table(seconds, next(iter(seconds)))
    print("\npeak memory of one pass, in a process of its own, less that of the imports")
    idle = measure.peak_megabytes(["--only", "nothing"])
    for name in runs:
        print(f"  {name}: {measure.peak_megabytes(['--only', name]) - idle:.1f} MB")


if __name__ == "__main__":
    main()
