"""What checking one example takes: ours beside PyTorch's and JAX's gradient checkers.

The functions are `tanh(x * x + x)` of 3 x 4 numbers, a graph of 20 operations on as many, and the
cross-entropy of a 784-256-10 MLP by all of its parameters and a batch of 8, all in float64 and
at normal random numbers. PyTorch's checker runs as it comes, which compares every element of
the Jacobian, and in its fast mode, along one random direction for each input; JAX's always runs
along one direction. Ours compares every element of the small ones, and random projections of the
MLP's; PyTorch's full mode would evaluate the MLP 400,000 times and is left out.

    python benchmarks/gradcheck_overhead.py [--rounds 21]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

import twingrad
from twingrad.benchmarks import measure
from twingrad.benchmarks.process import use_cores

FloatArray = NDArray[np.float64]
Checks = dict[str, Callable[[], object]]
ORDERS = {1: "first derivatives", 2: "first and second derivatives"}


@dataclass(frozen=True)
class Example:
    """A function of a library's arrays, ``function(library, *arrays)``, and where it is checked."""

    title: str
    function: Callable[..., Any]
    arrays: Sequence[FloatArray]
    orders: Sequence[int] = (1, 2)
    is_large: bool = False


def elementwise(library: Any, x: Any) -> Any:
    return library.tanh(x * x + x)


def twenty_operations(library: Any, x: Any) -> Any:
    y = x
    for _ in range(5):
        y = library.tanh(y * x + library.sin(y))
    return y


def mlp_loss(library: Any, x: Any, *parameters: Any) -> Any:
    """Cross-entropy with the class of each sample the number of its row."""
    w1, b1, w2, b2 = parameters
    scores = library.tanh(x @ w1 + b1) @ w2 + b2
    shares = library.exp(scores) / library.exp(scores).sum(1).reshape(-1, 1)
    rows = np.arange(8)
    return -library.log(shares[rows, rows]).sum() / 8


def examples() -> list[Example]:
    generator = np.random.default_rng(0)
    small = [generator.standard_normal((3, 4))]
    shapes = ((8, 784), (784, 256), (256,), (256, 10), (10,))
    large = [generator.standard_normal(shape) / np.sqrt(shape[0]) for shape in shapes]
    return [
        Example("tanh(x * x + x) of 3 x 4 numbers", elementwise, small),
        Example("20 operations on 3 x 4 numbers", twenty_operations, small),
        Example("loss of a 784-256-10 MLP", mlp_loss, large, orders=(1,), is_large=True),
    ]


def checks(example: Example, order: int) -> Checks:
    """The contenders, ready to run."""
    found: Checks = {"twingrad": partial(check_ours, example, order)}
    if torch := measure.installed("torch"):
        if not example.is_large:
            found["PyTorch"] = partial(check_torch, torch, example, order, False)
        found["PyTorch, fast mode"] = partial(check_torch, torch, example, order, True)
    if jax := measure.installed("jax"):
        jax.config.update("jax_enable_x64", True)
        found["JAX"] = partial(check_jax, measure.installed("jax.test_util"), example, order)
    return found


def check_ours(example: Example, order: int) -> None:
    from twingrad import testing

    testing.gradcheck(partial(example.function, twingrad), *example.arrays, order=order)


def check_torch(torch: Any, example: Example, order: int, fast: bool) -> None:
    function = partial(example.function, torch)
    tensors = [torch.from_numpy(each).requires_grad_() for each in example.arrays]
    torch.autograd.gradcheck(function, tensors, fast_mode=fast)
    if order == 2:
        torch.autograd.gradgradcheck(function, tensors, fast_mode=fast)


def check_jax(test_util: Any, example: Example, order: int) -> None:
    numpy = measure.installed("jax.numpy")
    arrays = tuple(numpy.asarray(each) for each in example.arrays)
    test_util.check_grads(partial(example.function, numpy), arrays, order=order, modes=["rev"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    use_cores(1)
    measure.describe_machine()
    for example in examples():
        for order in example.orders:
            contenders = checks(example, order)
            first = measure.first_calls(contenders)
            seconds = measure.turn_about(contenders, 3 if example.is_large else rounds)
            print(f"{example.title}: {ORDERS[order]}")
            measure.print_table(seconds, "twingrad", 1e-3, first)
            print(flush=True)


if __name__ == "__main__":
    main()
