"""``optimizer.step()`` alone: twingrad beside PyTorch, on the parameters of three networks.

All start from the same float32 weights with the same gradients, which stay as they are, and what
ten steps make of the weights is compared before any time is taken. PyTorch runs by default, with
all parameters in a few calls (``foreach=True``), and with the whole update in one (``fused=True``,
where the optimizer has it).

    python benchmarks/optimizer_step.py [--rounds 31] [--networks 2-16-16-2 784-256-128-10]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import twingrad
from twingrad.benchmarks import measure

NETWORKS = ["2-16-16-2", "64-64-32-10", "784-256-128-10"]

OPTIMIZERS: dict[str, tuple[str, dict[str, float]]] = {
    "SGD with momentum": ("SGD", {"lr": 1e-3, "momentum": 0.9}),
    "Adam": ("Adam", {"lr": 1e-3}),
    "AdamW": ("AdamW", {"lr": 1e-3}),
    "RMSprop": ("RMSprop", {"lr": 1e-3}),
}

WAYS = {
    "PyTorch": {},
    "PyTorch, foreach": {"foreach": True},
    "PyTorch, fused": {"fused": True},
}


def shapes(network: str) -> list[tuple[int, ...]]:
    sizes = [int(size) for size in network.split("-")]
    return [shape for n_in, n_out in pairwise(sizes) for shape in ((n_out, n_in), (n_out,))]


def parameters(library: Any, network: str) -> list[Any]:
    """Weights and gradients, the same for everyone."""
    rng = np.random.default_rng(0)
    found = []
    for shape in shapes(network):
        w, gradient = (rng.standard_normal(shape, dtype=np.float32) for _ in range(2))
        parameter = library.from_numpy(w).requires_grad_()
        parameter.grad = library.from_numpy(gradient)
        found.append(parameter)
    return found


def contender(library: Any, network: str, name: str, **way: bool) -> tuple[list[Any], Any]:
    """The weights, and the step that changes them; None where the optimizer has no such way."""
    kind, options = OPTIMIZERS[name]
    weights = parameters(library, network)
    try:
        return weights, getattr(library.optim, kind)(weights, **options, **way).step
    except TypeError:
        return weights, None


def contenders(network: str, name: str) -> dict[str, Callable[[], Any]]:
    """The steps, after ten of them have been compared."""
    found = {"twingrad": contender(twingrad, network, name)}
    if torch := measure.installed("torch"):
        found |= {each: contender(torch, network, name, **way) for each, way in WAYS.items()}
    found = {each: (weights, step) for each, (weights, step) in found.items() if step is not None}
    ends = {}
    for each, (weights, step) in found.items():
        for _ in range(10):
            step()
        ends[each] = np.concatenate([np.ravel(w.detach().numpy()) for w in weights])
    measure.check_agreement(ends, 1e-5)
    return {each: step for each, (_, step) in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--optimizers", nargs="+", choices=OPTIMIZERS, default=list(OPTIMIZERS))
    arguments = parser.parse_args()
    measure.describe_machine()
    for network in arguments.networks:
        for name in arguments.optimizers:
            runs = contenders(network, name)
            if (network, name) == (arguments.networks[0], arguments.optimizers[0]):
                measure.describe_threads()
            seconds = measure.turn_about(runs, arguments.rounds, fill=0.02, pause=0.02)
            print(f"{name}, {network}")
            measure.print_table(seconds, "PyTorch" if "PyTorch" in seconds else "twingrad", 1e-6)
            print()


if __name__ == "__main__":
    main()
