"""micrograd's demo, replayed: a compiled function of Values beside what it was recorded from.

The loss of scalar_demo.py, forward and backward, is run by micrograd, by twingrad as it is, and
compiled: with the data in the function, with the data as arguments, which may be others at each
call, and as a whole training step with its accuracy and its update. Then fresh processes show what
the first calls wait for, with nothing compiled on disk and with what that run has left there.

    python benchmarks/scalar_tape.py [--rounds 9]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from twingrad import Value
from twingrad.benchmarks import measure
from twingrad.benchmarks.scalar_problem import SIZES, loss, moons
from twingrad.engine.tape.function import CompiledFunction
from twingrad.nn import MLP

CALLS = 4
REPEATS = 200
"""Compiled passes in a turn."""


def one_pass(value: Any, network: Any) -> Callable[..., Any]:
    """The loss and its gradients, of the data that is given."""
    random.seed(1337)
    model = network()

    def run(x: Any, y: Any) -> Any:
        model.zero_grad()
        total = loss(value, model, x, y)
        total.backward()
        return total

    return run


def training_step() -> Callable[..., Any]:
    """The step of micrograd's demo, with its accuracy."""
    random.seed(1337)
    model = MLP(SIZES[0], SIZES[1:])

    def step(x: Any, y: Any, rate: float) -> Any:
        scores = [model(row) for row in x]
        losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
        total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        total.backward()
        for parameter in model.parameters():
            parameter.data -= rate * parameter.grad
        accuracy = [(yi > 0) == (score.data > 0) for yi, score in zip(y, scores, strict=True)]
        return total, sum(accuracy) / len(accuracy)

    return step


def contenders() -> dict[str, Callable[[], Any]]:
    """Every way to run it, by name."""
    x, y = moons()
    y = y.astype(float)
    found: dict[str, Callable[[], Any]] = {}
    if measure.installed("micrograd.nn"):
        import micrograd.engine
        import micrograd.nn

        theirs = one_pass(micrograd.engine.Value, lambda: micrograd.nn.MLP(SIZES[0], [*SIZES[1:]]))
        found["micrograd"] = lambda: theirs(x, y)
    network = lambda: MLP(SIZES[0], SIZES[1:])  # noqa: E731
    eager = one_pass(Value, network)
    found["twingrad"] = lambda: eager(x, y)
    inside = one_pass(Value, network)
    found["compiled"] = CompiledFunction(lambda: inside(x, y))
    outside = CompiledFunction(one_pass(Value, network))
    found["compiled, data as arguments"] = lambda: outside(x, y)
    step = CompiledFunction(training_step())
    found["compiled, a training step"] = lambda: step(x, y, 0.01)
    return found


def repeated(run: Callable[[], Any]) -> Callable[[], None]:
    """The same, as often as it is to be done in a turn."""

    def several() -> None:
        for _ in range(REPEATS):
            run()

    return several


def first_calls() -> None:
    """Print the seconds of the first calls of a compiled pass."""
    x, y = moons()
    compiled = CompiledFunction(one_pass(Value, lambda: MLP(SIZES[0], SIZES[1:])))
    seconds = []
    for _ in range(CALLS):
        start = time.perf_counter()
        compiled(x, y.astype(float))
        seconds.append(time.perf_counter() - start)
    print(json.dumps(seconds))


def in_a_fresh_process(cache: str) -> list[float]:
    """Those of a process that keeps what it compiles in the folder ``cache``."""
    ran = subprocess.run(
        [sys.executable, sys.argv[0], "--first-calls"],
        env={**os.environ, "NUMBA_CACHE_DIR": cache},
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(ran.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--first-calls", action="store_true", help="time them, and nothing else")
    arguments = parser.parse_args()
    if arguments.first_calls:
        first_calls()
        return
    sys.setrecursionlimit(100_000)  # micrograd recurses into its graph
    measure.describe_machine()
    runs = contenders()
    passes = {name: run for name, run in runs.items() if "step" not in name}
    for _ in range(2):  # recorded, then compiled
        measure.check_agreement({name: run().data for name, run in passes.items()}, 1e-12)
    # one eager pass leaves much to the garbage collector, so that no other goes before it in a turn
    turns = {name: repeated(run) if "compiled" in name else run for name, run in runs.items()}
    seconds = measure.turn_about(turns, arguments.rounds)
    for name in seconds:
        if "compiled" in name:
            seconds[name] = [each / REPEATS for each in seconds[name]]
    measure.print_table(seconds, next(iter(seconds)), unit=1e-6)
    print("\nseconds of the first calls: recorded, compiled, replayed")
    with tempfile.TemporaryDirectory() as cache:
        for state in ("nothing on disk", "compiled on disk"):
            calls = in_a_fresh_process(cache)
            print(f"  {state}: {', '.join(f'{each:.4f}' for each in calls)}")


if __name__ == "__main__":
    main()
