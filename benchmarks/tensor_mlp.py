"""One training step of a multilayer perceptron in float32: twingrad beside its peers.

A step is the forward pass, the cross-entropy with class numbers, the backward pass and the update
of plain gradient descent. All start from the same weights, on the same random batch, and their
losses are compared step by step before any time is taken. PyTorch runs twice: with the functions
that are fastest there (addmm, cross_entropy), and in the very text that twingrad runs. NumPy's
formulas are written by hand. JAX runs as twingrad does, operation by operation; the row with jit
is for information.

    python benchmarks/tensor_mlp.py [--rounds 31] [--networks 2-16-16-2 784-256-128-10]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from itertools import pairwise
from operator import methodcaller
from typing import Any

import numpy as np

import twingrad
from twingrad.benchmarks import measure

RATE = 0.01
NETWORKS = {
    "2-16-16-2": (100, "tanh"),
    "64-64-32-10": (64, "relu"),
    "784-256-128-10": (128, "relu"),
}
"""The batch and the activation of each network."""

Contender = Callable[[], Any]
"""It makes one step, and gives the loss before it."""


class Problem:
    """A batch and the first weights, as arrays; the batch is as large as usual unless said."""

    def __init__(self, network: str, batch: int | None = None) -> None:
        rng = np.random.default_rng(0)
        sizes = [int(size) for size in network.split("-")]
        usual, self.activation = NETWORKS[network]
        batch = batch or usual
        self.X = rng.standard_normal((batch, sizes[0]), dtype=np.float32)
        self.y = rng.integers(sizes[-1], size=batch)
        self.weights = []
        for fan_in, fan_out in pairwise(sizes):
            w = rng.standard_normal((fan_in, fan_out), dtype=np.float32)
            self.weights += [w / np.sqrt(np.float32(fan_in)), np.zeros(fan_out, np.float32)]


def product(h: Any, w: Any, b: Any) -> Any:
    return h @ w + b


def addmm(library: Any) -> Callable[[Any, Any, Any], Any]:
    return lambda h, w, b: library.addmm(b, h, w)


def logits(X: Any, parameters: list[Any], activate: Any, affine: Any = product) -> Any:
    """The network, for everyone who has a backward pass."""
    *hidden, last = zip(parameters[::2], parameters[1::2], strict=True)
    h = X
    for w, b in hidden:
        h = activate(affine(h, w, b))
    return affine(h, *last)


def eager(library: Any, problem: Problem, affine: Any = product) -> Contender:
    """What twingrad and PyTorch share to the letter."""
    X, y = library.from_numpy(problem.X), library.from_numpy(problem.y)
    parameters = [library.from_numpy(w.copy()).requires_grad_() for w in problem.weights]
    activate = methodcaller(problem.activation)

    def step() -> Any:
        log_p = logits(X, parameters, activate, affine).log_softmax(1)
        loss = -log_p.gather(1, y[:, None]).mean()
        for p in parameters:
            p.grad = None
        loss.backward()
        with library.no_grad():
            for p in parameters:
                p -= RATE * p.grad
        return loss.item()

    return step


def torch_at_its_best(torch: Any, problem: Problem) -> Contender:
    X, y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)
    parameters = [torch.from_numpy(w.copy()).requires_grad_() for w in problem.weights]
    activate, affine = getattr(torch, problem.activation), addmm(torch)
    cross_entropy = torch.nn.functional.cross_entropy

    def step() -> Any:
        loss = cross_entropy(logits(X, parameters, activate, affine), y)
        for p in parameters:
            p.grad = None
        loss.backward()
        with torch.no_grad():
            for p in parameters:
                p.sub_(p.grad, alpha=RATE)
        return loss.item()

    return step


def jax_contenders(jax: Any, problem: Problem) -> dict[str, Contender]:
    X, y = jax.numpy.asarray(problem.X), jax.numpy.asarray(problem.y)
    activate = jax.numpy.tanh if problem.activation == "tanh" else jax.nn.relu

    def loss(parameters: Any) -> Any:
        log_p = jax.nn.log_softmax(logits(X, parameters, activate))
        return -jax.numpy.take_along_axis(log_p, y[:, None], 1).mean()

    def update(parameters: Any) -> tuple[Any, Any]:
        value, gradients = jax.value_and_grad(loss)(parameters)
        return value, [p - RATE * gradient for p, gradient in zip(parameters, gradients)]

    def stepping(update: Any) -> Contender:
        parameters = [jax.numpy.asarray(w) for w in problem.weights]

        def step() -> Any:
            nonlocal parameters
            value, parameters = jax.block_until_ready(update(parameters))
            return value

        return step

    return {"JAX without jit": stepping(update), "JAX with jit": stepping(jax.jit(update))}


def autograd_contender(autograd: Any, problem: Problem) -> Contender:
    anp = autograd.numpy
    X, y, rows = problem.X, problem.y, np.arange(len(problem.y))
    activate = anp.tanh if problem.activation == "tanh" else lambda h: anp.maximum(h, 0)

    def loss(parameters: Any) -> Any:
        h = logits(X, parameters, activate)
        h = h - anp.max(h, axis=1, keepdims=True)
        log_p = h - anp.log(anp.sum(anp.exp(h), axis=1, keepdims=True))
        return -anp.mean(log_p[rows, y])

    value_and_gradients = autograd.value_and_grad(loss)
    parameters = [w.copy() for w in problem.weights]

    def step() -> Any:
        value, gradients = value_and_gradients(parameters)
        for p, gradient in zip(parameters, gradients):
            p -= RATE * gradient
        return value

    return step


def numpy_contender(problem: Problem) -> Contender:
    X, y, rows = problem.X, problem.y, np.arange(len(problem.y))
    parameters = [w.copy() for w in problem.weights]
    layers = list(zip(parameters[::2], parameters[1::2]))
    tanh = problem.activation == "tanh"

    def step() -> Any:
        h, inputs = X, [X]
        for w, b in layers[:-1]:
            h = np.tanh(h @ w + b) if tanh else np.maximum(h @ w + b, 0)
            inputs.append(h)
        w, b = layers[-1]
        h = h @ w + b
        h -= h.max(axis=1, keepdims=True)
        p = np.exp(h)
        total = p.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - h[rows, y]).mean()
        p /= total
        p[rows, y] -= 1
        slope = p / len(y)
        gradients = []
        for (w, _), h in zip(reversed(layers), reversed(inputs)):
            gradients.append((h.T @ slope, slope.sum(axis=0)))
            if h is not X:
                slope = (slope @ w.T) * (1 - h * h if tanh else h > 0)
        for (w, b), (dw, db) in zip(reversed(layers), gradients):
            w -= RATE * dw
            b -= RATE * db
        return loss.item()

    return step


def contenders(network: str) -> dict[str, Contender]:
    problem = Problem(network)
    runs: dict[str, Contender] = {}
    if torch := measure.installed("torch"):
        runs["PyTorch"] = torch_at_its_best(torch, problem)
        runs["PyTorch, twingrad's text"] = eager(torch, problem)
    runs["twingrad"] = eager(twingrad, problem)
    runs["twingrad, with addmm"] = eager(twingrad, problem, lambda h, w, b: twingrad.addmm(b, h, w))
    if jax := measure.installed("jax"):
        runs |= jax_contenders(jax, problem)
    if measure.installed("autograd.numpy"):
        runs["autograd"] = autograd_contender(measure.installed("autograd"), problem)
    runs["NumPy by hand"] = numpy_contender(problem)
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--memory", help="make one step of one contender, for its peak memory")
    arguments = parser.parse_args()
    if arguments.memory:
        measure.print_own_growth(contenders(arguments.networks[0])[arguments.memory])
        return
    measure.describe_machine()
    for network in arguments.networks:
        runs = contenders(network)
        if network == arguments.networks[0]:
            measure.describe_threads()
        first = measure.first_calls(runs)
        losses = {name: [float(step()) for _ in range(10)] for name, step in runs.items()}
        measure.check_agreement(losses, 1e-4)
        seconds = measure.turn_about(runs, arguments.rounds, fill=0.04, pause=0.05)
        batch, activation = NETWORKS[network]
        print(f"{network}, {activation}, a batch of {batch}")
        measure.print_table(seconds, next(iter(seconds)), 1e-6, first)
        print()
    print(f"memory that the first step adds at its peak, {network}, in a process of its own")
    for name in runs:
        print(
            f"  {name}: {measure.peak_megabytes(['--memory', name, '--networks', network]):.1f} MB"
        )


if __name__ == "__main__":
    main()
