"""The peak memory of a training step on a large batch, beside what its parts add up to.

The step is that of tensor_mlp.py: the parts are the batch, the parameters and their gradients,
what the backward pass needs of the forward pass, and the two gradients of activations that are
alive at once where the network is widest. Memory is that of the process, from before the batch is
made to the peak, in a process of its own that has made a step on a small batch before; and, for
those whose arrays are NumPy's, what Python's tracemalloc counts.

    python benchmarks/tensor_memory.py [--rounds 3] [--batch 8192]
"""

from __future__ import annotations

import argparse
import statistics
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import twingrad
from twingrad.benchmarks import measure, tensor_mlp

NETWORK = "784-256-128-10"
FLOAT, INTEGER = 4, 8
"""Bytes of a number of the batch and of a class number."""


def parts(batch: int) -> dict[str, float]:
    """Megabytes of what a step has to hold."""
    nin, *hidden, nout = (int(size) for size in NETWORK.split("-"))
    sizes = [nin, *hidden, nout]
    parameters = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise(sizes))
    numbers = {
        "the batch": batch * nin * FLOAT + batch * INTEGER,
        "the parameters": parameters * FLOAT,
        "their gradients": parameters * FLOAT,
        "the activations, saved": batch * sum(hidden) * FLOAT,
        "the logarithms of the softmax, saved": batch * nout * FLOAT,
        "two gradients of the widest activation": 2 * batch * max(hidden) * FLOAT,
    }
    return {name: size / 2**20 for name, size in numbers.items()}


def contenders() -> dict[str, Callable[[tensor_mlp.Problem], tensor_mlp.Contender]]:
    runs: dict[str, Any] = {}
    if torch := measure.installed("torch"):
        runs["PyTorch"] = lambda problem: tensor_mlp.torch_at_its_best(torch, problem)
        runs["PyTorch, twingrad's text"] = lambda problem: tensor_mlp.eager(torch, problem)
    runs["twingrad"] = lambda problem: tensor_mlp.eager(twingrad, problem)
    runs["twingrad, with addmm"] = lambda problem: tensor_mlp.eager(
        twingrad, problem, tensor_mlp.addmm(twingrad)
    )
    runs["NumPy by hand"] = tensor_mlp.numpy_contender
    return runs


def run_once(contender: Any, batch: int, *, traced: bool) -> None:
    """Print the peak of one step: for a process of its own."""
    contender(tensor_mlp.Problem(NETWORK, 8))()
    if traced:
        tracemalloc.start()
        contender(tensor_mlp.Problem(NETWORK, batch))()
        print(tracemalloc.get_traced_memory()[1] / 2**20)
    else:
        measure.print_own_growth(lambda: contender(tensor_mlp.Problem(NETWORK, batch))())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=8192)
    parser.add_argument("--only", help="run one contender once, in this process")
    parser.add_argument("--traced", action="store_true", help="with --only: by tracemalloc")
    arguments = parser.parse_args()
    runs = contenders()
    if arguments.only:
        run_once(runs[arguments.only], arguments.batch, traced=arguments.traced)
        return
    measure.describe_machine()
    print(f"a step of {NETWORK} on a batch of {arguments.batch}, in MB")
    numbers = parts(arguments.batch)
    total = sum(numbers.values())
    for part, size in numbers.items():
        print(f"  {size:8.1f}  {part}")
    print(f"  {total:8.1f}  together\n")
    print(f"{'':26} {'process':>10} {'of the parts':>14} {'tracemalloc':>13} {'of the parts':>14}")
    for name in runs:
        child = ["--only", name, "--batch", str(arguments.batch)]
        grown = statistics.median(measure.peak_megabytes(child) for _ in range(arguments.rounds))
        line = f"{name:26} {grown:7.1f} MB {grown / total:13.2f}x"
        if not name.startswith("PyTorch"):
            counted = measure.peak_megabytes([*child, "--traced"])
            line += f" {counted:10.1f} MB {counted / total:13.2f}x"
        print(line)


if __name__ == "__main__":
    main()
