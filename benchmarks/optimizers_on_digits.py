"""Every optimizer on handwritten digits: what it reaches, and what a step of it costs.

A 64-32-10 MLP with ReLU in float32 is trained for some epochs on scikit-learn's digits (1797
pictures of 8 x 8; 60% to train, 20% to choose the learning rate, 20% to test, split once). Each
optimizer gets the rate of a small grid that has the lowest validation loss over the seeds; the
table shows the test set, which took no part in any choice. The numbers of one row are medians
over the seeds, which set the first weights and the order of the batches.

    python benchmarks/optimizers_on_digits.py [--epochs 10] [--seeds 5] [--batch 32]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import load_digits

import twingrad
from twingrad import nn, optim
from twingrad.nn import functional as F

RATES = {
    "SGD": [0.1, 0.3, 1.0],
    "SGD, momentum 0.9": [0.03, 0.1, 0.3],
    "SGD, Nesterov 0.9": [0.03, 0.1, 0.3],
    "Adagrad": [0.03, 0.1, 0.3],
    "Adadelta": [1.0, 3.0, 10.0, 30.0],
    "RMSprop": [0.001, 0.003, 0.01, 0.03],
    "Adam": [0.003, 0.01, 0.03],
    "AdamW": [0.003, 0.01, 0.03],
    "NAdam": [0.003, 0.01, 0.03],
    "RAdam": [0.003, 0.01, 0.03, 0.1],
    "Adamax": [0.01, 0.03, 0.1],
    "Lion": [0.0003, 0.001, 0.003, 0.01],
    "ASGD": [0.1, 0.3, 1.0],
    "Rprop, all data": [0.003, 0.01, 0.03],
    "LBFGS, all data": [0.03, 0.1, 0.3, 1.0],
}
"""The learning rates that are tried; rates are not comparable between optimizers."""

OPTIONS: dict[str, dict[str, Any]] = {
    "SGD, momentum 0.9": {"momentum": 0.9},
    "SGD, Nesterov 0.9": {"momentum": 0.9, "nesterov": True},
    "LBFGS, all data": {"line_search_fn": "strong_wolfe", "max_iter": 10},
}


class Data(NamedTuple):
    """Inputs and classes."""

    x: twingrad.Tensor
    y: twingrad.Tensor


class Result(NamedTuple):
    """What one run reached."""

    training_loss: float
    validation_loss: float
    test_accuracy: float
    step_seconds: float


def digits() -> tuple[Data, Data, Data]:
    """Training, validation and test sets; pixels are scaled to [0, 1]."""
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = (x[order] / 16).astype(np.float32), y[order]
    ends = [round(0.6 * len(x)), round(0.8 * len(x))]
    parts = zip(np.split(x, ends), np.split(y, ends), strict=True)
    train, validation, test = [Data(twingrad.tensor(a), twingrad.tensor(b)) for a, b in parts]
    return train, validation, test


def batches(train: Data, size: int) -> Iterator[Data]:
    """The training set in mini-batches, in a new order."""
    order = twingrad.randperm(len(train.x))
    for start in range(0, len(train.x), size):
        chosen = order[start : start + size]
        yield Data(train.x[chosen], train.y[chosen])


def run(name: str, rate: float, seed: int, epochs: int, batch: int) -> Result:
    """Train once."""
    train, validation, test = digits()
    twingrad.manual_seed(seed)
    model = nn.MLP(64, [32], 10)
    kind = getattr(optim, name.split(",")[0])
    optimizer = kind(model.parameters(), lr=rate, **OPTIONS.get(name, {}))
    size = len(train.x) if "all data" in name else batch
    took = []
    for _ in range(epochs):
        for part in batches(train, size):
            closure = loss_of(model, optimizer, part)
            start = time.perf_counter()
            if name.startswith("LBFGS"):
                optimizer.step(closure)
            else:
                closure()
                optimizer.step()
            took.append(time.perf_counter() - start)
    with twingrad.no_grad():
        known, new = (F.cross_entropy(model(d.x), d.y).item() for d in (train, validation))
        right = (model(test.x).argmax(1) == test.y).float().mean().item()
    return Result(known, new, right, statistics.median(took))


def loss_of(model: Any, optimizer: Any, part: Data) -> Callable[[], Any]:
    """What computes the loss of a batch and its gradients."""

    def closure() -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(part.x), part.y)
        loss.backward()
        return loss

    return closure


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--epochs", type=int, default=10)
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--batch", type=int, default=32)
    chosen = arguments.parse_args()
    print(f"{chosen.epochs} epochs, batch {chosen.batch}, medians of {chosen.seeds} seeds\n")
    print("| optimizer | rate | training loss | validation loss | test accuracy | step |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, rates in RATES.items():
        found = {
            rate: [run(name, rate, k, chosen.epochs, chosen.batch) for k in range(chosen.seeds)]
            for rate in rates
        }
        middle = {
            rate: Result(*[statistics.median(column) for column in zip(*results, strict=True)])
            for rate, results in found.items()
        }
        rate = min(middle, key=lambda each: middle[each].validation_loss)
        best = middle[rate]
        print(
            f"| {name} | {rate:g} | {best.training_loss:.3f} | {best.validation_loss:.3f} "
            f"| {best.test_accuracy:.1%} | {best.step_seconds * 1e6:.0f} µs |",
            flush=True,
        )


if __name__ == "__main__":
    main()
