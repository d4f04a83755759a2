"""What one operation costs on float32 tensors so small that the arithmetic is free.

Each operation runs on tensors of 1 x 1 and of 4 x 4 that require gradients: forward only, and
forward and backward with a gradient of ones. NumPy runs forward only; so does autograd's forward
pass outside of a derivative, which is NumPy's, so autograd is in the second table only. JAX runs
without jit. A time holds one call of a Python function around the operation.

    python benchmarks/tensor_overhead.py [--rounds 21]
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import twingrad
from twingrad.benchmarks import measure

Operations = dict[str, Callable[[Any, Any], Any]]


def arithmetic() -> Operations:
    return {
        "x + y": lambda x, y: x + y,
        "x * y": lambda x, y: x * y,
        "x @ y": lambda x, y: x @ y,
        "x[0]": lambda x, y: x[0],
        "x.reshape(-1)": lambda x, y: x.reshape(-1),
        "x.sum()": lambda x, y: x.sum(),
    }


def torch_like(library: Any) -> Operations:
    return arithmetic() | {
        "tanh": lambda x, y: x.tanh(),
        "relu": lambda x, y: x.relu(),
        "cat": lambda x, y: library.cat((x, y)),
    }


def numpy_like(library: Any, relu: Callable[[Any], Any]) -> Operations:
    return arithmetic() | {
        "tanh": lambda x, y: library.tanh(x),
        "relu": lambda x, y: relu(x),
        "cat": lambda x, y: library.concatenate((x, y)),
    }


class Contenders:
    """The operations of each library, ready to run without arguments."""

    def __init__(self, size: int) -> None:
        rng = np.random.default_rng(0)
        self.x = rng.standard_normal((size, size), dtype=np.float32)
        self.y = rng.standard_normal((size, size), dtype=np.float32)
        self.forward: dict[str, dict[str, Callable[[], Any]]] = {}
        self.backward: dict[str, dict[str, Callable[[], Any]]] = {}
        if torch := measure.installed("torch"):
            self.add_eager("PyTorch", torch)
        self.add_eager("twingrad", twingrad)
        if jax := measure.installed("jax"):
            self.add_jax(jax)
        if measure.installed("autograd.numpy"):
            self.add_autograd(measure.installed("autograd"))
        for name, operation in numpy_like(np, lambda x: np.maximum(x, 0)).items():
            self.forward.setdefault(name, {})["NumPy"] = partial(operation, self.x, self.y)

    def add_eager(self, library: str, module: Any) -> None:
        x, y = (module.from_numpy(each.copy()).requires_grad_() for each in (self.x, self.y))

        def there_and_back(operation: Any, ones: Any) -> None:
            x.grad = y.grad = None
            operation(x, y).backward(ones)

        for name, f in torch_like(module).items():
            ones = module.from_numpy(np.ones(f(x, y).shape, np.float32))
            self.forward.setdefault(name, {})[library] = partial(f, x, y)
            self.backward.setdefault(name, {})[library] = partial(there_and_back, f, ones)

    def add_jax(self, jax: Any) -> None:
        x, y = jax.numpy.asarray(self.x), jax.numpy.asarray(self.y)

        def forward(operation: Any) -> Any:
            return jax.block_until_ready(operation(x, y))

        def backward(operation: Any, ones: Any) -> Any:
            return jax.block_until_ready(jax.vjp(operation, x, y)[1](ones))

        for name, f in numpy_like(jax.numpy, jax.nn.relu).items():
            ones = jax.numpy.ones_like(f(x, y))
            self.forward.setdefault(name, {})["JAX"] = partial(forward, f)
            self.backward.setdefault(name, {})["JAX"] = partial(backward, f, ones)

    def add_autograd(self, autograd: Any) -> None:
        x, y = self.x, self.y

        def backward(pull: Any, ones: Any) -> Any:
            return pull(x, y)[0](ones)

        for name, f in numpy_like(autograd.numpy, lambda x: autograd.numpy.maximum(x, 0)).items():
            ones = np.ones_like(f(x, y))
            pull = autograd.make_vjp(f, (0, 1))
            self.backward.setdefault(name, {})["autograd"] = partial(backward, pull, ones)


def print_matrix(title: str, runs: dict[str, dict[str, Callable[[], Any]]], rounds: int) -> None:
    """Medians and quartiles in microseconds, one row for each operation."""
    libraries = list(next(iter(runs.values())))
    print(f"{title:24}" + "".join(f"{library:>30}" for library in libraries))
    ratios = []
    for name, row in runs.items():
        seconds = measure.turn_about(row, rounds, fill=0.004)
        cells = []
        for library in libraries:
            low, middle, high = (
                f"{each * 1e6:.2f}" for each in measure.quartiles(seconds[library])
            )
            cells.append(f"{f'{middle} ({low} .. {high})':>30}")
        print(f"{name:24}" + "".join(cells), flush=True)
        if "PyTorch" in seconds:
            ratios.append(
                statistics.median(seconds["PyTorch"]) / statistics.median(seconds["twingrad"])
            )
    if ratios:
        print(f"twingrad is {statistics.geometric_mean(ratios):.2f} times as fast as PyTorch")
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=21)
    arguments = parser.parse_args()
    measure.describe_machine()
    for size in (1, 4):
        contenders = Contenders(size)
        print_matrix(f"us, {size} x {size}, forward", contenders.forward, arguments.rounds)
        print_matrix(f"us, {size} x {size}, and back", contenders.backward, arguments.rounds)


if __name__ == "__main__":
    main()
