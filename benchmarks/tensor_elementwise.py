"""tanh(x*x + x).sum(), forward and backward, of float32 tensors: twingrad beside its peers.

Everyone computes the sum and the gradient for x, and all gradients are compared before any time is
taken. NumPy's formulas are written by hand, once as people write them and once without needless
arrays. JAX runs as twingrad does, operation by operation; the row with jit is for information.

    python benchmarks/tensor_elementwise.py [--rounds 31] [--sizes 16 256 1000]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

import twingrad
from twingrad.benchmarks import measure

Contender = Callable[[], Any]
"""It computes the sum and the gradient, and gives the gradient."""


def eager(library: Any, array: Any) -> Contender:
    """What twingrad and PyTorch share to the letter."""
    x = library.from_numpy(array.copy()).requires_grad_()

    def run() -> Any:
        x.grad = None
        (x * x + x).tanh().sum().backward()
        return x.grad

    return run


def jax_contenders(jax: Any, array: Any) -> dict[str, Contender]:
    x = jax.numpy.asarray(array)
    function = jax.value_and_grad(lambda x: jax.numpy.tanh(x * x + x).sum())
    compiled = jax.jit(function)
    return {
        "JAX without jit": lambda: jax.block_until_ready(function(x))[1],
        "JAX with jit": lambda: jax.block_until_ready(compiled(x))[1],
    }


def autograd_contender(autograd: Any, array: Any) -> Contender:
    function = autograd.value_and_grad(lambda x: autograd.numpy.sum(autograd.numpy.tanh(x * x + x)))
    return lambda: function(array)[1]


def numpy_plain(x: Any) -> Any:
    out = np.tanh(x * x + x)
    out.sum()
    return (1 - out * out) * (2 * x + 1)


def numpy_in_place(x: Any) -> Any:
    out = x * x
    out += x
    np.tanh(out, out=out)
    out.sum()
    np.multiply(out, out, out=out)
    np.subtract(1, out, out=out)
    slope = 2 * x
    slope += 1
    out *= slope
    return out


def contenders(size: int) -> dict[str, Contender]:
    array = np.random.default_rng(0).standard_normal((size, size), dtype=np.float32)
    runs: dict[str, Contender] = {}
    if torch := measure.installed("torch"):
        runs["PyTorch"] = eager(torch, array)
    runs["twingrad"] = eager(twingrad, array)
    if jax := measure.installed("jax"):
        runs |= jax_contenders(jax, array)
    if measure.installed("autograd.numpy"):
        runs["autograd"] = autograd_contender(measure.installed("autograd"), array)
    runs["NumPy by hand"] = lambda: numpy_plain(array)
    runs["NumPy by hand, in place"] = lambda: numpy_in_place(array)
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--sizes", type=int, nargs="+", default=[16, 256, 1000])
    parser.add_argument("--memory", help="run one contender once, for its peak memory")
    arguments = parser.parse_args()
    if arguments.memory:
        measure.print_own_growth(contenders(arguments.sizes[0])[arguments.memory])
        return
    measure.describe_machine()
    for size in arguments.sizes:
        runs = contenders(size)
        if size == arguments.sizes[0]:
            measure.describe_threads()
        first = measure.first_calls(runs)
        measure.check_agreement({name: run() for name, run in runs.items()}, 1e-5)
        seconds = measure.turn_about(runs, arguments.rounds, fill=0.02, pause=0.05)
        print(f"{size} x {size}")
        measure.print_table(seconds, next(iter(seconds)), 1e-6 if size <= 256 else 1e-3, first)
        print()
    largest = str(max(arguments.sizes))
    print(f"memory that one run adds at its peak, {largest} x {largest}, in a process of its own")
    for name in runs:
        grown = measure.peak_megabytes(["--memory", name, "--sizes", largest])
        print(f"  {name}: {grown:.1f} MB")


if __name__ == "__main__":
    main()
