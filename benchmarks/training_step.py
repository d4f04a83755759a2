"""One training step of an MLP built of ``nn`` and ``optim``: twingrad beside PyTorch.

The text is the same for both, word for word: forward pass, cross-entropy, ``zero_grad``, backward
pass, ``step`` of Adam or of SGD with momentum. PyTorch's optimizers run in each of their
implementations. All start from the same weights, and their losses are compared before any time is
taken. Everything is eager float32.

    python benchmarks/training_step.py [--rounds 31] [--networks 2-16-16-2 784-256-128-10]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from twingrad import nn, optim
from twingrad.benchmarks import measure
from twingrad.benchmarks.tensor_mlp import NETWORKS, Problem

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.01, "momentum": 0.9},
    "Adam": {"lr": 0.001},
}
IMPLEMENTATIONS: dict[str, dict[str, bool]] = {
    "PyTorch": {},
    "PyTorch, foreach": {"foreach": True},
    "PyTorch, fused": {"fused": True},
}


def network(nn: Any, problem: Problem) -> Any:
    """The network as a Sequential, with the weights of the problem."""
    layers: list[Any] = []
    activation = nn.Tanh if problem.activation == "tanh" else nn.ReLU
    shapes = [w.shape for w in problem.weights[::2]]
    for fan_in, fan_out in shapes:
        layers += [nn.Linear(fan_in, fan_out), activation()]
    return nn.Sequential(*layers[:-1])


def stepping(
    library: Any, nn: Any, optim: Any, problem: Problem, optimizer: str, **options: Any
) -> Callable[[], Any]:
    """A training step in one of the two libraries."""
    X, y = library.from_numpy(problem.X), library.from_numpy(problem.y)
    model = network(nn, problem)
    with library.no_grad():
        for p, w in zip(model.parameters(), problem.weights, strict=True):
            p.copy_(library.from_numpy(w.T.copy()))
    criterion = nn.CrossEntropyLoss()
    descent = getattr(optim, optimizer)(model.parameters(), **OPTIMIZERS[optimizer], **options)

    def step() -> Any:
        descent.zero_grad()
        loss = criterion(model(X), y)
        loss.backward()
        descent.step()
        return loss.item()

    return step


def contenders(name: str, optimizer: str) -> dict[str, Callable[[], Any]]:
    import twingrad

    problem = Problem(name)
    runs = {}
    if torch := measure.installed("torch"):
        for implementation, options in IMPLEMENTATIONS.items():
            runs[implementation] = stepping(
                torch, torch.nn, torch.optim, problem, optimizer, **options
            )
    runs["twingrad"] = stepping(twingrad, nn, optim, problem, optimizer)
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--networks", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    arguments = parser.parse_args()
    measure.describe_machine()
    for name in arguments.networks:
        for optimizer in OPTIMIZERS:
            runs = contenders(name, optimizer)
            first = measure.first_calls(runs)
            losses = {each: [float(step()) for _ in range(10)] for each, step in runs.items()}
            measure.check_agreement(losses, 1e-4)
            seconds = measure.turn_about(runs, arguments.rounds, fill=0.04, pause=0.05)
            batch, activation = NETWORKS[name]
            print(f"{name}, {activation}, a batch of {batch}, {optimizer}")
            measure.print_table(seconds, next(iter(seconds)), 1e-6, first)
            print()


if __name__ == "__main__":
    main()
