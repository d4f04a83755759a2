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
from typing import Any

from twingrad import Value
from twingrad.benchmarks import measure
from twingrad.benchmarks.scalar_problem import SIZES, PlainMLP, loss, moons
from twingrad.nn import MLP


def contenders() -> dict[str, Any]:
    X, y = moons()
    models: dict[str, tuple[Any, Any]] = {}
    try:
        import micrograd.engine
        import micrograd.nn

        random.seed(1337)
        models["micrograd"] = micrograd.engine.Value, micrograd.nn.MLP(SIZES[0], SIZES[1:])
    except ImportError:
        print("micrograd is not installed: pip install micrograd to compare with it\n")
    random.seed(1337)
    models["twingrad, single products"] = Value, PlainMLP(Value, SIZES)
    random.seed(1337)
    models["twingrad"] = Value, MLP(SIZES[0], SIZES[1:])

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
